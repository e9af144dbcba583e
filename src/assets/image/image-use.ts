import type { Profile } from "../../boot/profile.ts";
import { type ImageId, imagePath } from "./image.ts";
import { missingArguments } from "./image-profile.ts";

/** What a profile boots, as texts. */
export type BootTexts = {
  readonly kernel: string;
  readonly initrd: readonly string[];
  readonly args: readonly string[];
};

/** What moving a profile to an image comes to. */
export type UsePlan = {
  readonly boot: BootTexts;
  /** Lines that tell it: `- ` was, `+ ` is. */
  readonly changes: readonly string[];
  /** Arguments of the operator's own, which stay. */
  readonly kept: readonly string[];
};

/**
 * The boot of an image in the place of another. Arguments that `written` does not have are the operator's
 * own and stay behind the image's; without a record all others with another name do.
 */
export function planUse(
  fresh: BootTexts,
  before: BootTexts | undefined,
  written: readonly string[] | undefined,
): UsePlan {
  const names = new Set(fresh.args.map(nameOf));
  const isOwn = (arg: string) =>
    written === undefined ? !names.has(nameOf(arg)) : !written.includes(arg);
  const kept = (before?.args ?? []).filter((arg) => isOwn(arg) && !fresh.args.includes(arg));
  const boot = { ...fresh, args: [...fresh.args, ...kept] };
  return { boot, kept, changes: before === undefined ? [] : changesOf(before, boot) };
}

/** Profiles that boot a file of this image: they would fail without it. */
export function usersOf(profiles: readonly Profile[], id: ImageId): readonly string[] {
  const folder = `/assets/images/${imagePath(id)}/`;
  return profiles.flatMap(({ file, boot }) => {
    const texts = boot === undefined ? [] : [boot.kernel, ...boot.initrd, ...boot.args];
    return texts.some((text) => text.includes(folder)) ? [file] : [];
  });
}

/** What is wrong with a boot of this image, in words. */
export function findMissing(required: readonly string[], args: readonly string[]): string[] {
  return missingArguments(required, args).map((want) => `the argument ${want} is missing`);
}

function changesOf(before: BootTexts, after: BootTexts): readonly string[] {
  const lines = ({ kernel, initrd, args }: BootTexts) => [
    `kernel ${kernel}`,
    ...initrd.map((one) => `initrd ${one}`),
    ...args.map((one) => `arg ${one}`),
  ];
  const [old, fresh] = [lines(before), lines(after)];
  return [
    ...old.filter((line) => !fresh.includes(line)).map((line) => `- ${line}`),
    ...fresh.filter((line) => !old.includes(line)).map((line) => `+ ${line}`),
  ];
}

const nameOf = (arg: string): string => arg.split("=", 1)[0] ?? arg;
