import { z } from "zod";
import { KindlingError } from "../../errors.ts";
import { ImageArchitectures, type ImageId, imagePath } from "./image.ts";
import { isImageName } from "./names.ts";

const name = z.string().refine(isImageName);
const image = { name, version: name, arch: z.enum(ImageArchitectures) };
const time = z.iso.datetime({ precision: 3 });
const texts = z.array(z.string()).max(256);

const stateSchema = z.strictObject({
  format: z.literal(1),
  pins: z.array(z.strictObject(image)).max(10_000),
  uses: z
    .array(
      z.strictObject({
        profile: z.string().min(1),
        ...image,
        at: time,
        /** The arguments that were written then; others in the profile are the operator's own. */
        args: texts,
      }),
    )
    .max(10_000),
});

/** What was said about images: which to keep, and which profile boots which since when. */
export type ImageState = z.output<typeof stateSchema>;
export type ImageUse = ImageState["uses"][number];

export const noState: ImageState = { format: 1, pins: [], uses: [] };

/** Text of `state.json` → state; a broken file is told and never written over. */
export function parseState(origin: string, given: string): ImageState {
  const result = stateSchema.safeParse(readJson(origin, given));
  if (result.success) return result.data;
  const told = result.error.issues.map(({ path, message }) => `${path.join(".")}: ${message}`);
  throw invalid(origin, told.join("; "));
}

export function formatState(state: ImageState): string {
  return `${JSON.stringify(state, null, 2)}\n`;
}

export function isPinned({ pins }: ImageState, id: ImageId): boolean {
  return pins.some((pin) => imagePath(pin) === imagePath(id));
}

/** The state with an image pinned, or no longer. */
export function withPin(state: ImageState, id: ImageId, pinned: boolean): ImageState {
  const others = state.pins.filter((pin) => imagePath(pin) !== imagePath(id));
  return { ...state, pins: pinned ? [...others, { ...id }] : others };
}

/** The state with a profile that boots another image from now on. */
export function withUse(state: ImageState, use: ImageUse): ImageState {
  const others = state.uses.filter(({ profile }) => profile !== use.profile);
  return { ...state, uses: [...others, use] };
}

function readJson(origin: string, given: string): unknown {
  try {
    return JSON.parse(given);
  } catch (error) {
    throw invalid(origin, error instanceof Error ? error.message : String(error));
  }
}

function invalid(origin: string, why: string): KindlingError {
  return new KindlingError("image.broken", `${origin}: ${why}`, { origin });
}
