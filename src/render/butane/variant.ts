import { BootDeviceShape, ConfigShape, GrubShape, type Shape } from "../ignition-schema.ts";
import type { Reporter } from "../ignition-tree.ts";
import type { SourceMap } from "../source-node.ts";

/** What `variant` and `version` of a document ask for. */
export type Variant = {
  readonly name: "fcos" | "flatcar";
  /** The minor version of Butane's own specification, 3 for fcos 1.3.0. */
  readonly version: number;
  /** The minor version of Ignition 3 that comes out. */
  readonly minor: number;
};

/** Variant → Ignition's minor version by its own minor version. */
const Minors: Readonly<Record<Variant["name"], readonly number[]>> = {
  fcos: [0, 1, 2, 2, 3, 4, 5],
  flatcar: [3, 4],
};

/** The variant of a document; reports why there is none. */
export function readVariant(source: SourceMap, reporter: Reporter): Variant | undefined {
  const read = (key: string) => source.entries.find((entry) => entry.key === key);
  const [variant, version] = [read("variant"), read("version")];
  const name = variant?.value.kind === "scalar" ? variant.value.text : "";
  if (name !== "fcos" && name !== "flatcar") {
    const place = variant?.value.place ?? { ...source.place, path: "$.variant" };
    reporter.error(place, `want variant fcos or flatcar, got ${name || "none"}`);
    return undefined;
  }
  const text = version?.value.kind === "scalar" ? version.value.text : "";
  const number = /^1\.(\d{1,3})\.0$/.exec(text)?.[1];
  const minor = number === undefined ? undefined : Minors[name][Number(number)];
  if (minor === undefined) {
    const place = version?.value.place ?? { ...source.place, path: "$.version" };
    const want = `1.0.0 to 1.${Minors[name].length - 1}.0`;
    reporter.error(place, `want version ${want} for ${name}, got ${text || "none"}`);
    return undefined;
  }
  return { name, version: Number(number), minor };
}

/** All that a document of this variant may say. */
export function butaneShape({ name, version }: Variant): Shape {
  const text = (name: string) => ({ name, type: "string", since: 0 }) as const;
  const fcos = name === "fcos";
  return {
    members: [
      text("variant"),
      text("version"),
      ...ConfigShape.members,
      ...(fcos && version >= 3 ? [{ name: "bootDevice", type: BootDeviceShape, since: 0 }] : []),
      ...(fcos && version >= 5 ? [{ name: "grub", type: GrubShape, since: 0 }] : []),
    ],
  };
}
