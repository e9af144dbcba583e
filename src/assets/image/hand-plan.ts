import type { ImageRole, ImageWish } from "./image.ts";
import { fillPlaceholders } from "./names.ts";
import type { Recipe } from "./recipe.ts";
import { placeholders } from "./upstream/files.ts";

/** A file that was brought, and what it becomes. */
export type PlannedFile = {
  /** The operator's name for it. */
  readonly given: string;
  readonly role: ImageRole;
  readonly file: string;
};

export type HandPlan =
  | {
      readonly kind: "plan";
      readonly files: readonly PlannedFile[];
      /** What the recipe has no use for. */
      readonly left: readonly string[];
    }
  | { readonly kind: "refused"; readonly sentence: string };

type Target = {
  readonly role: ImageRole;
  readonly file: string;
  readonly names: readonly string[];
  readonly optional: boolean;
};

/**
 * Which file is which of a recipe: by the name that the upstream gives it, or by the one that Kindling does. What
 * the recipe takes out of an archive is brought by itself.
 */
export function planFiles(
  recipe: Recipe,
  wish: ImageWish & { readonly version: string },
  given: readonly string[],
): HandPlan {
  const targets = targetsOf(recipe, wish);
  const files = given.flatMap((name) => {
    const target = targets.find(({ names }) => names.includes(name));
    return target === undefined ? [] : [{ given: name, role: target.role, file: target.file }];
  });
  const missing = targets.find(({ file, optional }) => {
    return !optional && !files.some((one) => one.file === file);
  });
  if (missing !== undefined) {
    const want = [...new Set(missing.names)].join(" or ");
    const sentence = `${recipe.name} has a ${missing.role}: want a file ${want}, got ${given.join(", ") || "none"}`;
    return { kind: "refused", sentence };
  }
  const twice = files.find(({ file }, at) => files.findIndex((one) => one.file === file) < at);
  if (twice !== undefined) {
    return {
      kind: "refused",
      sentence: `${twice.given} is not the only file that is ${twice.file}`,
    };
  }
  const left = given.filter((name) => !files.some((one) => one.given === name));
  return { kind: "plan", files, left };
}

function targetsOf(recipe: Recipe, wish: ImageWish & { readonly version: string }): Target[] {
  const values = placeholders(recipe, wish, wish.version);
  return recipe.files.flatMap(({ role, file, from, optional, members }) => {
    const rows = members?.map((one) => ({ role: one.role, file: one.file, from: one.member }));
    return (rows ?? [{ role, file, from }]).map((row) => ({
      ...{ role: row.role, file: row.file, optional },
      names: [lastOf(fillPlaceholders(row.from, values)), lastOf(row.file)],
    }));
  });
}

function lastOf(path: string): string {
  return path.split("/").at(-1) ?? path;
}
