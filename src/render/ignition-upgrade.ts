import { decodeConfig } from "./decode-config.ts";
import { checkRawIgnition } from "./ignition.ts";
import { formatIgnition } from "./ignition-json.ts";
import { mergeConfigs } from "./ignition-merge.ts";
import { checkIgnition } from "./ignition-rules/check.ts";
import { ConfigShape } from "./ignition-schema.ts";
import {
  collectReports,
  hasErrors,
  type Place,
  type Report,
  type ReportCollector,
  type Struct,
  treeOf,
} from "./ignition-tree.ts";
import type { SourceMap, SourceNode } from "./source-node.ts";

/** What became of an Ignition file that was asked to be of one certain version. */
export type UpgradedIgnition =
  | { readonly kind: "upgraded"; readonly ignition: string; readonly warnings: readonly Report[] }
  /** 2.x, which is another language, or newer than the version that was asked for. */
  | { readonly kind: "kept"; readonly version: string }
  | { readonly kind: "invalid"; readonly reports: readonly Report[] };

/** The version that every file becomes: the newest that servers of this kind have agreed on. */
const targetMinor = 4;
/** The newest version whose members and rules the tables know. */
const knownMinor = 5;
/** Deeper than the schema goes, so what is cut off would be ignored anyway. */
const depthMax = 20;

/**
 * An Ignition file of 3.0 to 3.4 as 3.4.0, written byte for byte as matchbox 0.11 does: members in
 * schema order, unknown ones gone, empty objects shown.
 */
export function upgradeIgnition(bytes: Buffer): UpgradedIgnition {
  const reporter = collectReports();
  const read = readIgnition(bytes, reporter);
  const { reports } = reporter;
  if (read.kind === "invalid" || hasErrors(reports)) {
    return { kind: "invalid", reports };
  }
  if (read.kind === "unknown" || read.minor > targetMinor) {
    return { kind: "kept", version: read.version };
  }
  const version = treeOf({ ignition: { version: `3.${targetMinor}.0` } }, read.config.place);
  const ignition = formatIgnition(mergeConfigs(read.config, version, ConfigShape), ConfigShape, {
    minor: targetMinor,
    emptyObjects: true,
  });
  return { kind: "upgraded", ignition, warnings: reports };
}

/** A file read by the tables of its own version, or one of a version that they do not know. */
export type ReadIgnition =
  | {
      readonly kind: "read";
      readonly version: string;
      readonly minor: number;
      readonly config: Struct;
    }
  | { readonly kind: "unknown"; readonly version: string }
  | { readonly kind: "invalid" };

/** Reads an Ignition file and tells all that its own version would refuse or ignore. */
export function readIgnition(bytes: Buffer, reporter: ReportCollector): ReadIgnition {
  const checked = checkRawIgnition(bytes);
  if (checked.kind === "invalid") {
    reporter.error(Start, checked.reason);
    return checked;
  }
  const { version } = checked;
  const minor = Number(/^3\.(\d+)\.0$/.exec(version)?.[1] ?? Number.NaN);
  if (!(minor <= knownMinor)) return { kind: "unknown", version };
  // It was read once by the check above, which found an object.
  const source = sourceOf(JSON.parse(bytes.toString("utf8")), Start, 0) as SourceMap;
  const config = decodeConfig(source, ConfigShape, { language: "ignition", minor, reporter });
  // Of what is not of its type, the rules would only say that it is absent.
  if (!hasErrors(reporter.reports)) checkIgnition(config, minor, reporter);
  return { kind: "read", version, minor, config };
}

const Start: Place = { path: "$", line: 0, column: 0 };

function sourceOf(value: unknown, place: Place, depth: number): SourceNode {
  const at = (key: string | number) => ({ ...place, path: `${place.path}.${key}` });
  if (Array.isArray(value) && depth < depthMax) {
    const items = value.map((item, index) => sourceOf(item, at(index), depth + 1));
    return { kind: "list", place, items };
  }
  if (typeof value === "object" && value !== null && depth < depthMax) {
    const entries = Object.entries(value).map(([key, member]) => {
      return { key, place: at(key), value: sourceOf(member, at(key), depth + 1) };
    });
    return { kind: "map", place, entries };
  }
  const text = typeof value === "object" ? "" : String(value);
  return { kind: "scalar", place, text, quoted: typeof value === "string" };
}
