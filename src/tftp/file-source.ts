import type { UdpPeer } from "../runtime/udp.ts";
import type { IpAddress } from "../wire/ip.ts";

/** Who asks, and at which of our addresses: what is generated for a machine names that address. */
export type TftpPeer = UdpPeer<IpAddress> & { readonly server: IpAddress };

export type FoundFile =
  | { readonly kind: "file"; readonly name: string; readonly bytes: Uint8Array }
  | { readonly kind: "missing"; readonly reason: string };

/**
 * What TFTP serves: a tree of names, which need not be files. `name` is clean (see `cleanName`).
 * The reason of a missing file is shown on the client's screen. `bytes` are read until the transfer
 * ends.
 */
export type FileSource = {
  open(name: string, peer: TftpPeer): FoundFile | Promise<FoundFile>;
};

/**
 * The first of `names` the source has; if it has none, the answer for the name that was asked for.
 */
export async function findFile(
  files: FileSource,
  names: readonly string[],
  peer: TftpPeer,
): Promise<FoundFile> {
  let missing: FoundFile | undefined;
  for (const name of names) {
    const found = await files.open(name, peer);
    if (found.kind === "file") return found;
    missing ??= found;
  }
  return missing ?? { kind: "missing", reason: "no file name" };
}
