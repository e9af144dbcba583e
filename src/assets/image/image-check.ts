import { requestPath } from "../../boot/profile.ts";
import { type ImageId, imagePath } from "./image.ts";
import type { BootTexts } from "./image-use.ts";
import { findMissing } from "./image-use.ts";
import { architectureOf } from "./layout.ts";
import type { ImageManifest } from "./manifest.ts";

/** Something that would cost a boot, told before it does. */
export type BootTrouble = {
  readonly severity: "error" | "warning" | "info";
  readonly sentence: string;
  readonly cure: string;
};

/** What is known of the machine; absent is unknown. */
export type BootFacts = { readonly ramMib?: number; readonly secureBoot?: boolean };

export type KnownImage = { readonly id: ImageId; readonly manifest: ImageManifest };

/** A boot's image, if it has one that is here, and what is wrong with booting it. */
export type BootCheck = {
  readonly image: KnownImage | undefined;
  readonly troubles: readonly BootTrouble[];
};

/** Looks at what a profile boots: image and files, required arguments, memory, Secure Boot. */
export function checkBoot(
  boot: BootTexts,
  images: readonly KnownImage[],
  facts: BootFacts,
): BootCheck {
  const named = namedFiles(boot);
  const ids = [...new Set(named.map(({ path }) => path))];
  const known = (path: string) => images.find(({ id }) => imagePath(id) === path);
  const lost = ids.filter((path) => known(path) === undefined);
  const image = ids.map(known).find((one) => one !== undefined);
  const troubles = lost.map((path) => {
    const [name = "", version = ""] = path.split("/");
    const sentence = `it boots ${name}@${version}, which is not here`;
    return trouble("error", sentence, `kindling image pull ${name}@${version}, or use another`);
  });
  if (image === undefined) return { image, troubles };
  return {
    image,
    troubles: [
      ...troubles,
      ...missingFiles(named, image),
      ...missingArguments(boot, image),
      ...memoryTroubles(image, facts),
      ...secureBootTroubles(image, facts),
    ],
  };
}

/** The URLs that a machine asks of this host; `values` stand for what iPXE fills in. Others are left out. */
export function urlsOfBoot(
  { kernel, initrd, args }: BootTexts,
  origin: string,
  values: Readonly<Record<string, string>>,
): { readonly urls: readonly string[]; readonly unknown: readonly string[] } {
  const paths = [kernel, ...initrd].map((value) => `${origin}${requestPath(value)}`);
  const given = args.flatMap((arg) => /=(https?:\/\/\S+)$/.exec(arg)?.[1] ?? []);
  const own = given.filter((url) => url === origin || url.startsWith(`${origin}/`));
  const filled = own.map((url) => fill(url, values));
  return {
    urls: [...new Set([...paths, ...filled.filter((url) => !url.includes("${"))])],
    unknown: filled.filter((url) => url.includes("${")),
  };
}

type NamedFile = { readonly path: string; readonly file: string };

// `/assets/images/<name>/<version>/<arch>/<file>`, wherever it stands in a boot.
function namedFiles({ kernel, initrd, args }: BootTexts): readonly NamedFile[] {
  return [kernel, ...initrd, ...args].flatMap((text) => {
    const pattern = /\/assets\/images\/([^/\s]+\/[^/\s]+\/([^/\s?#]+))(?:\/([^\s?#]*))?/g;
    return [...text.matchAll(pattern)].flatMap(([, path = "", arch = "", file = ""]) => {
      return architectureOf(arch) === undefined ? [] : [{ path, file }];
    });
  });
}

function missingFiles(named: readonly NamedFile[], { id, manifest }: KnownImage) {
  const here = new Set(manifest.files.map(({ file }) => file));
  return named
    .filter(({ path, file }) => path === imagePath(id) && file !== "" && !here.has(file))
    .map(({ file }) => {
      const cure = `kindling image pull ${id.name}@${id.version} with the file's role in --with, or mend the profile`;
      return trouble("error", `the image has no file ${file}`, cure);
    });
}

function missingArguments({ args }: BootTexts, { id, manifest }: KnownImage) {
  const cure = `put it back, or let kindling image use ${id.name} write the profile`;
  return findMissing(manifest.boot.required, args).map((sentence) => {
    return trouble("error", `${sentence}, without which ${manifest.title} does not start`, cure);
  });
}

function memoryTroubles({ manifest }: KnownImage, { ramMib }: BootFacts): readonly BootTrouble[] {
  const want = manifest.boot.ramMib;
  if (ramMib === undefined) {
    const sentence = `${manifest.title} wants ${want} MiB of memory; what the machine has is not known`;
    return [trouble("info", sentence, "tell it with --ram")];
  }
  if (ramMib >= want) return [];
  const sentence = `${manifest.title} wants ${want} MiB of memory, the machine has ${ramMib}`;
  return [trouble("error", sentence, "give it more memory, or boot another image")];
}

function secureBootTroubles(
  { manifest }: KnownImage,
  { secureBoot }: BootFacts,
): readonly BootTrouble[] {
  if (manifest.boot.secureBoot === "signed" || secureBoot === false) return [];
  const sentence = `${manifest.title} cannot boot with Secure Boot on: its kernel is not signed`;
  const cure = "turn Secure Boot off in the firmware, or boot another image";
  return [trouble(secureBoot === true ? "error" : "info", sentence, cure)];
}

function fill(url: string, values: Readonly<Record<string, string>>): string {
  return url.replace(/\$\{([a-z]+)(?::[a-z]+)?\}/g, (whole, name: string) => values[name] ?? whole);
}

function trouble(severity: BootTrouble["severity"], sentence: string, cure: string): BootTrouble {
  return { severity, sentence, cure };
}
