import type { Command } from "commander";
import type { PlannedImage } from "../assets/oci/archive.ts";
import { importArchive } from "../assets/oci/archive-import.ts";
import { formatReference, parseImageName, parseReference } from "../assets/oci/reference.ts";
import { openOciStore } from "../daemon-oci.ts";
import { KindlingError, WireError } from "../errors.ts";
import { systemClock } from "../runtime/clock.ts";
import { formatColumns } from "./columns.ts";
import type { CliContext } from "./context.ts";
import type { Act } from "./dhcp-leases.ts";
import { formatBytes, formatImages } from "./image-table.ts";
import { addEgressVerb } from "./oci-egress.ts";
import { addHostsVerb } from "./oci-hosts.ts";
import { readConfig } from "./read-config.ts";

export type OciFlags = { readonly config?: string };
type ImportFlags = OciFlags & { readonly as?: string };
type ListFlags = OciFlags & { readonly json: boolean };
type CollectFlags = OciFlags & { readonly olderThan: string };

/** How often a long import says how far it is. */
const progressBytes = 256 << 20;

/** Adds the noun `kindling oci`: the container images that this LAN pulls. */
export function addOciCommands(program: Command, context: CliContext, act: Act): void {
  const oci = program
    .command("oci")
    .description("the container images that machines pull from here without a way out");
  const verb = (words: string, description: string) =>
    oci
      .command(words)
      .description(description)
      .option("--config <file>", "read settings from this file (or KINDLING_CONFIG)");
  verb("import <archives...>", "take the images of archives: OCI's layout or docker save")
    .option("--as <image>", "what to call it: quay.io/org/name:tag")
    .action((archives: readonly string[], given: ImportFlags) =>
      act((flags: ImportFlags) => importAll(archives, flags, context))(given),
    );
  verb("ls", "list the images")
    .option("--json", "one JSON object instead of the table", false)
    .action(act((flags: ListFlags) => listImages(flags, context)));
  verb("rm <images...>", "forget images; gc then frees their room").action(
    (images: readonly string[], given: OciFlags) =>
      act((flags: OciFlags) => removeImages(images, flags, context))(given),
  );
  verb("gc", "remove the layers that no image needs")
    .option("--older-than <minutes>", "only those that came before that", "60")
    .action(act((flags: CollectFlags) => collect(flags, context)));
  addHostsVerb(verb, context, act);
  addEgressVerb(verb, context, act);
}

async function importAll(
  archives: readonly string[],
  flags: ImportFlags,
  context: CliContext,
): Promise<number> {
  if (flags.as !== undefined && archives.length > 1) {
    throw new KindlingError("usage.invalid", "--as names one image: give one archive with it");
  }
  const config = await readConfig(flags, context);
  const store = openOciStore(config);
  const as = flags.as === undefined ? undefined : parseGiven(flags.as, parseImageName);
  for (const path of archives) {
    let told = 0;
    const images = await importArchive(store, {
      ...{ path, as, blobBytesMax: config.oci.blobMax, now: systemClock.now },
      signal: context.signal,
      progress(bytes) {
        if (bytes - told < progressBytes) return;
        told = bytes;
        context.error.write(`${path}: ${formatBytes(bytes)} read\n`);
      },
    });
    context.out.write(images.map(tellImport).join(""));
  }
  return 0;
}

function tellImport({ references, digest, bytes, platforms, absent }: PlannedImage): string {
  const rows = references.map((one) => {
    return [formatReference(one), digest, formatBytes(bytes), platforms.join(", ")];
  });
  const known = platforms.length + absent.length;
  const note = `  ${absent.length} of its ${known} platforms are not in the archive: ${absent.join(", ")}\n`;
  return `${formatColumns(rows)}${absent.length === 0 ? "" : note}`;
}

async function listImages(flags: ListFlags, context: CliContext): Promise<number> {
  const store = openOciStore(await readConfig(flags, context));
  const images = await store.images();
  if (flags.json) {
    const rows = images.map(({ reference, record }) => {
      return { image: formatReference(reference), ...record };
    });
    context.out.write(`${JSON.stringify({ images: rows }, null, 2)}\n`);
  } else context.out.write(formatImages(images, systemClock.now()));
  return 0;
}

async function removeImages(
  names: readonly string[],
  flags: OciFlags,
  context: CliContext,
): Promise<number> {
  const store = openOciStore(await readConfig(flags, context));
  const references = names.map((name) => parseGiven(name, parseReference));
  using _lock = await store.lock();
  for (const reference of references) {
    const image = formatReference(reference);
    if (!(await store.forget(reference))) {
      const message = `there is no ${image}: kindling oci ls shows those that are`;
      throw new KindlingError("oci.unknown", message, { image });
    }
    context.out.write(`${image} is forgotten; kindling oci gc frees its room\n`);
  }
  return 0;
}

async function collect(flags: CollectFlags, context: CliContext): Promise<number> {
  const minutes = Number(flags.olderThan);
  if (!/^\d{1,7}$/.test(flags.olderThan)) {
    throw new KindlingError(
      "usage.invalid",
      `--older-than: want minutes, got "${flags.olderThan}"`,
    );
  }
  const store = openOciStore(await readConfig(flags, context));
  using _lock = await store.lock();
  const { blobs, bytes, kept } = await store.collect(systemClock.now() - minutes * 60_000);
  context.out.write(`${blobs} removed, ${formatBytes(bytes)} freed, ${kept} kept\n`);
  return 0;
}

function parseGiven<T>(text: string, parse: (text: string) => T): T {
  try {
    return parse(text);
  } catch (error) {
    if (!(error instanceof WireError)) throw error;
    throw new KindlingError("usage.invalid", error.message);
  }
}
