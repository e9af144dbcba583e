/**
 * Butane to Ignition: YAML that people write to the JSON that a machine takes, for `fcos` 1.0 to
 * 1.6 and `flatcar` 1.0 and 1.1, by the public specifications of Butane and Ignition. It never
 * reads a file: local files come through the options. Unknown keys are warnings, everything that
 * would leave a machine half configured is an error.
 */
import { decodeConfig } from "../decode-config.ts";
import { formatIgnition } from "../ignition-json.ts";
import { mergeConfigs } from "../ignition-merge.ts";
import { checkIgnition } from "../ignition-rules/check.ts";
import { ConfigShape, snakeCase } from "../ignition-schema.ts";
import {
  collectReports,
  hasErrors,
  type Place,
  type Report,
  type Reporter,
  type Struct,
  structAt,
  structsAt,
  treeOf,
} from "../ignition-tree.ts";
import { readYaml } from "../yaml-source.ts";
import { renderBootDevice } from "./boot-device.ts";
import { ButaneError } from "./error.ts";
import { renderGrub } from "./grub.ts";
import { renderMountUnits } from "./mount-unit.ts";
import { type LocalFiles, resolveLocal } from "./resource.ts";
import { checkBootDisk, checkButane } from "./rules.ts";
import { type LocalTree, plantTrees } from "./tree.ts";
import { butaneShape, readVariant, type Variant } from "./variant.ts";

export type ButaneOptions = {
  /** Bytes of a file by its path below the folder of local files; without it, none may be named. */
  readonly files?: LocalFiles;
  /** What lies below a folder there; without it, `storage.trees` is an error. */
  readonly tree?: LocalTree;
  /** Packs contents that get smaller by it; without it, they stay as they are. */
  readonly gzip?: (bytes: Uint8Array) => Uint8Array;
};

export type ButaneResult = {
  /** Compact JSON in the reference's member order, without a final line end. */
  readonly ignition: string;
  readonly warnings: readonly Report[];
};

/** Translates a Butane document; throws nothing but `ButaneError` for what is in it. */
export function translateButane(text: string, options: ButaneOptions = {}): ButaneResult {
  const reporter = collectReports();
  const { reports } = reporter;
  const source = readYaml(text, reporter);
  const variant = source && readVariant(source, reporter);
  if (source === undefined || variant === undefined) throw new ButaneError(reports);
  const { minor } = variant;
  const context = { ...options, minor, reporter };
  const written = decodeConfig(source, butaneShape(variant), { ...context, language: "butane" });
  stopAtErrors(reports);
  checkButane(written, variant, reporter);
  const base = plantTrees(resolveLocal(written, ConfigShape, context), context);
  stopAtErrors(reports);
  const config = addGenerated(base, variant, options);
  checkBootDisk(config, variant, reporter);
  if (variant.name === "flatcar") refuseClevis(config, reporter);
  checkIgnition(config, minor, inSnakeCase(reporter));
  stopAtErrors(reports);
  return { ignition: formatIgnition(config, ConfigShape, { minor }), warnings: reports };
}

function stopAtErrors(reports: readonly Report[]): void {
  if (hasErrors(reports)) throw new ButaneError(reports);
}

// What was written lies over what is generated, so that people can change the latter.
function addGenerated(base: Struct, { minor }: Variant, options: ButaneOptions): Struct {
  const { place } = base;
  const version = treeOf({ ignition: { version: `3.${minor}.0` } }, place);
  const layers = [
    version,
    renderMountUnits(base, minor),
    renderBootDevice(structAt(base, "bootDevice")),
    renderGrub(structAt(base, "grub"), options),
  ];
  return layers.reduce((config, layer) => mergeConfigs(layer, config, ConfigShape), base);
}

function refuseClevis(config: Struct, reporter: Reporter): void {
  for (const volume of structsAt(structAt(config, "storage"), "luks")) {
    const clevis = volume.members.get("clevis");
    if (clevis?.kind !== "struct" || isEmpty(clevis)) continue;
    reporter.error(clevis.place, "Flatcar has no clevis: use a key file");
  }
}

function isEmpty(struct: Struct): boolean {
  return [...struct.members.values()].every((one) => one.kind === "struct" && isEmpty(one));
}

// The rules of Ignition name absent members by its own names.
function inSnakeCase(reporter: Reporter): Reporter {
  const snake = (place: Place) => ({ ...place, path: snakeCase(place.path) });
  return {
    error: (place, message) => reporter.error(snake(place), message),
    warn: (place, message) => reporter.warn(snake(place), message),
  };
}
