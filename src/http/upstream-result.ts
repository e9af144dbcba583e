import type { RepositoryName } from "../assets/oci/reference.ts";
import type { SettledManifest } from "../assets/oci/registry-answer.ts";
import type { RegistryErrorCode } from "../assets/oci/registry-error.ts";
import type { Upstreamed } from "../assets/oci/upstream-answer.ts";

/** The first of these that has it, else what the last one said. */
export async function firstFound<T>(
  names: readonly RepositoryName[],
  ask: (name: RepositoryName) => Promise<Upstreamed<T>>,
): Promise<Upstreamed<T>> {
  let last: Upstreamed<T> = { kind: "absent" };
  for (const name of names) {
    last = await ask(name);
    if (last.kind === "found") return last;
  }
  return last;
}

/** What a client is told when no upstream has it; `code` and `message` where it is not there. */
export function refusalOf(
  result: Upstreamed<unknown>,
  code: RegistryErrorCode,
  message: string,
): Extract<SettledManifest, { kind: "refuse" }> {
  if (result.kind === "busy") {
    const busy = "too many layers are being fetched; ask again";
    return { kind: "refuse", code: "TOOMANYREQUESTS", message: busy };
  }
  if (result.kind === "failed") {
    return { kind: "refuse", code: "UNAVAILABLE", message: result.reason };
  }
  return { kind: "refuse", code, message };
}
