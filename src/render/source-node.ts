import type { Place } from "./ignition-tree.ts";

/** A value as it was written, before anyone knows which type it should have. */
export type SourceNode = SourceScalar | SourceList | SourceMap;

export type SourceScalar = {
  readonly kind: "scalar";
  readonly place: Place;
  readonly text: string;
  /** Quoted text is text; plain text may also be a number, a boolean or nothing at all. */
  readonly quoted: boolean;
};

export type SourceList = {
  readonly kind: "list";
  readonly place: Place;
  readonly items: readonly SourceNode[];
};

export type SourceMap = {
  readonly kind: "map";
  readonly place: Place;
  readonly entries: readonly SourceEntry[];
};

/** One member, and where its key stands. */
export type SourceEntry = {
  readonly key: string;
  readonly place: Place;
  readonly value: SourceNode;
};

/** Nothing, written or left out: the same as an absent member. */
export function isNothing(node: SourceNode): boolean {
  return node.kind === "scalar" && !node.quoted && /^(?:|~|null|Null|NULL)$/.test(node.text);
}

/** A plain scalar as a boolean, in the words of YAML 1.1 that the reference takes. */
export function booleanOf({ text, quoted }: SourceScalar): boolean | undefined {
  if (quoted) return undefined;
  if (/^(?:true|True|TRUE|y|Y|yes|Yes|YES|on|On|ON)$/.test(text)) return true;
  if (/^(?:false|False|FALSE|n|N|no|No|NO|off|Off|OFF)$/.test(text)) return false;
  return undefined;
}

/**
 * A plain scalar as an integer. A leading 0 means octal, as in file modes; a fraction is cut off,
 * as the reference does.
 */
export function integerOf({ text, quoted }: SourceScalar): number | undefined {
  if (quoted) return undefined;
  const digits = text.replaceAll("_", "");
  const value = readNumber(digits.replace(/^[-+]/, ""));
  if (value === undefined || !Number.isSafeInteger(value)) return undefined;
  return digits.startsWith("-") ? 0 - value : value;
}

function readNumber(digits: string): number | undefined {
  const octal = /^0o?([0-7]+)$/.exec(digits)?.[1];
  if (octal !== undefined) return Number.parseInt(octal, 8);
  if (/^0x[0-9a-f]+$/i.test(digits) || /^0b[01]+$/i.test(digits)) return Number(digits);
  if (/^(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?$/i.test(digits)) return Math.trunc(Number(digits));
  return undefined;
}
