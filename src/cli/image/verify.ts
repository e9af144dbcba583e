import type { StoredImage } from "../../assets/image/image-library.ts";
import { parseImageRef } from "../../assets/image/layout.ts";
import { describeVouchers } from "../../assets/image/progress.ts";
import { type FileState, recheckImage } from "../../assets/image/recheck.ts";
import { ErrorTable, KindlingError } from "../../errors.ts";
import { systemClock } from "../../runtime/clock.ts";
import { formatColumns } from "../columns.ts";
import type { CliContext } from "../context.ts";
import { type Desk, openDesk, printJson } from "./desk.ts";
import type { ChoiceFlags } from "./flags.ts";

/** `kindling image verify`: hashes and signatures again, from what lies beside the files and without a network. */
export async function verifyImages(
  name: string | undefined,
  flags: ChoiceFlags,
  context: CliContext,
): Promise<number> {
  using desk = await openDesk(flags, context);
  const { library } = desk.house;
  const { images, broken } = await library.list();
  const ref = name === undefined ? undefined : parseImageRef(name, flags.arch);
  if (ref !== undefined) await library.find(ref); // says what there is
  const wanted = ref === undefined ? images : await library.matching(ref);
  const results = [];
  for (const image of wanted) results.push({ image, states: await recheck(desk, image) });
  const lost = ref === undefined ? broken : [];
  if (flags.output === "json") {
    const rows = results.map(({ image, states }) => ({ ...image.id, files: states }));
    printJson({ images: rows, broken: lost }, context);
  } else {
    for (const { image, states } of results) tell(image, states, context);
    for (const { folder, reason } of lost) context.error.write(`${folder}: ${reason}\n`);
  }
  const isGood = results.every(({ states }) => states.every(({ kind }) => kind === "good"));
  return isGood && lost.length === 0 ? 0 : ErrorTable["image.unverified"].exit;
}

async function recheck({ house }: Desk, image: StoredImage): Promise<readonly FileState[]> {
  try {
    const recipe = await house.recipes.find(image.id.name);
    return await recheckImage(image, { recipe, now: systemClock.now() });
  } catch (error) {
    // Without its recipe nobody says what must vouch for it; the other images can be checked all the same.
    if (!(error instanceof KindlingError)) throw error;
    return [{ kind: "bad", file: "recipe", reason: error.message }];
  }
}

function tell({ id }: StoredImage, states: readonly FileState[], context: CliContext): void {
  context.out.write(`${id.name}@${id.version} ${id.arch}\n`);
  const rows = states.map((state) => {
    const told = state.kind === "good" ? describeVouchers(state.vouchers) : state.reason;
    return [`  ${state.file}`, state.kind, told];
  });
  context.out.write(formatColumns(rows));
}
