import { parseDocument } from "yaml";

/** Rendered user data: of a kind that cloud-init takes, or the reason why no machine may get it. */
export type UserData =
  | { readonly kind: "cloud-config" | "script" }
  | { readonly kind: "invalid"; readonly reason: string };

/**
 * Looks whether text is a cloud-config or a script, as its first line says, and whether the former
 * is YAML. Unknown keys and values of other types are the business of what reads them.
 */
export function checkUserData(text: string): UserData {
  const [first = ""] = text.split("\n", 1);
  if (first.startsWith("#!")) return { kind: "script" };
  if (first.trimEnd() !== "#cloud-config") {
    return { kind: "invalid", reason: 'want "#cloud-config" or "#!" in the first line' };
  }
  const options = { uniqueKeys: false, logLevel: "silent", prettyErrors: true } as const;
  const [problem] = parseDocument(text, options).errors;
  if (problem === undefined) return { kind: "cloud-config" };
  return { kind: "invalid", reason: `is not YAML: ${problem.message.split("\n", 1)[0]}` };
}
