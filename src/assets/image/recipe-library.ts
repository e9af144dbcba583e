import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { KindlingError } from "../../errors.ts";
import { systemErrorCode } from "../../runtime/system-error.ts";
import { parseRecipe, type Recipe } from "./recipe.ts";

/** A recipe and where it is from. */
export type FoundRecipe = { readonly recipe: Recipe; readonly file: string };

/** Recipes of an operator take the place of those with the same name that come with Kindling. */
export class RecipeLibrary {
  readonly #folders: readonly string[];

  /** The later folder wins. */
  constructor(folders: readonly string[]) {
    this.#folders = folders;
  }

  /** All of them by name; a broken file is told and left out. */
  async list(): Promise<{
    readonly recipes: readonly FoundRecipe[];
    readonly problems: readonly string[];
  }> {
    const found = new Map<string, FoundRecipe>();
    const problems: string[] = [];
    for (const file of await this.#files()) {
      try {
        const recipe = parseRecipe(file, await readFile(file, "utf8"));
        found.set(recipe.name, { recipe, file });
      } catch (error) {
        if (!(error instanceof KindlingError)) throw error;
        problems.push(error.message);
      }
    }
    const recipes = [...found.values()].sort((a, b) => a.recipe.name.localeCompare(b.recipe.name));
    return { recipes, problems };
  }

  /** Throws `image.unknown` where there is none of this name, and what is wrong with a broken one. */
  async find(name: string): Promise<Recipe> {
    const { recipes, problems } = await this.list();
    const found = recipes.find(({ recipe }) => recipe.name === name);
    if (found !== undefined) return found.recipe;
    const broken = problems.filter((problem) => problem.includes(`/${name}.yaml`));
    if (broken.length > 0) throw new KindlingError("image.recipe", broken.join("\n"));
    const names = recipes.map(({ recipe }) => recipe.name).join(", ");
    const message = `there is no recipe ${name}; there are ${names}`;
    throw new KindlingError("image.unknown", message, { name });
  }

  async #files(): Promise<readonly string[]> {
    const all = this.#folders.map(async (folder) => {
      try {
        const names = await readdir(folder);
        return names.filter((name) => name.endsWith(".yaml")).map((name) => join(folder, name));
      } catch (error) {
        if (systemErrorCode(error) === "ENOENT") return [];
        throw error;
      }
    });
    return (await Promise.all(all)).flat();
  }
}

/** The folder of the recipes that come with Kindling. */
export const ownRecipes = join(import.meta.dirname, "../../../images/recipes");
