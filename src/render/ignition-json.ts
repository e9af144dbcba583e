import { isShape, type Member, membersOf, type Shape } from "./ignition-schema.ts";
import type { Struct, Tree } from "./ignition-tree.ts";

export type IgnitionForm = {
  /** Minor version of Ignition 3 whose members are written. */
  readonly minor: number;
  /** Write every object of the schema, also the empty ones, as the reference server does. */
  readonly emptyObjects?: boolean;
};

/**
 * A configuration as compact JSON in the reference's member order. What is absent, and every empty
 * list, is left out; `<`, `>` and `&` are escaped, so that bytes can be compared with others'.
 */
export function formatIgnition(config: Struct, shape: Shape, form: IgnitionForm): string {
  return formatStruct(config, shape, form);
}

function formatStruct(config: Struct, shape: Shape, form: IgnitionForm): string {
  const members = membersOf(shape, "ignition", form.minor).flatMap((member) => {
    const text = formatMember(config.members.get(member.name), member, form);
    return text === undefined ? [] : [`${quote(member.name)}:${text}`];
  });
  return `{${members.join(",")}}`;
}

function formatMember(value: Tree | undefined, member: Member, form: IgnitionForm) {
  if (isShape(member.type)) {
    const struct = value?.kind === "struct" ? value : Empty;
    const text = formatStruct(struct, member.type, form);
    return text === "{}" && !form.emptyObjects && !member.required ? undefined : text;
  }
  if (value === undefined) return member.required ? '""' : undefined;
  if (value.kind === "list") return formatList(value.items, member, form);
  if (value.kind === "struct") return undefined; // the decoder lets no object stand for a leaf
  if (member.zeroAbsent && (value.value === 0 || value.value === "")) return undefined;
  return typeof value.value === "string" ? quote(value.value) : String(value.value);
}

function formatList(items: readonly Tree[], { type }: Member, form: IgnitionForm) {
  if (items.length === 0 || typeof type !== "object" || isShape(type)) return undefined;
  const texts = items.map((item) => {
    if (item.kind === "struct" && isShape(type.list)) return formatStruct(item, type.list, form);
    return item.kind === "leaf" ? quote(String(item.value)) : "";
  });
  return `[${texts.join(",")}]`;
}

function quote(text: string): string {
  return JSON.stringify(text).replace(
    /[<>&\u2028\u2029]/g,
    (letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

const Empty: Struct = {
  kind: "struct",
  place: { path: "$", line: 0, column: 0 },
  members: new Map(),
};
