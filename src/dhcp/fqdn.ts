import { WireError } from "../errors.ts";
import { formatDomainName, parseDomainName } from "./domain-names.ts";

// RFC 4702 §2.1: the flags of option 81.
const Flag = { serverUpdates: 1, overridden: 2, wireForm: 4, noUpdate: 8 } as const;

/** RFC 4702 §2.2: servers put 255 into both, clients ignore them. */
const unusedRcode = 255;

/** What a client says with option 81. */
export type Fqdn = {
  /** S: the client wants the server to write its A record. */
  readonly serverUpdates: boolean;
  /** E: the name is in the wire form of DNS, not in ASCII. */
  readonly wireForm: boolean;
  /** N: nothing is to be written for it. */
  readonly noUpdate: boolean;
  /** As it was sent, labels joined by dots; empty when the client leaves the name to the server. */
  readonly name: string;
};

/**
 *      0               1               2               3
 *     +---------------+---------------+---------------+-----------
 *     | 0 0 0 0 N E O S | RCODE1      | RCODE2        | name ...
 *     +---------------+---------------+---------------+-----------
 *
 * Undefined without the option and for one that makes no sense: a name is no reason to refuse an address.
 */
export function readFqdn(value: Uint8Array | undefined): Fqdn | undefined {
  if (value === undefined || value.length < 3) return undefined;
  const [flags = 0] = value;
  const wireForm = (flags & Flag.wireForm) !== 0;
  try {
    return {
      serverUpdates: (flags & Flag.serverUpdates) !== 0,
      wireForm,
      noUpdate: (flags & Flag.noUpdate) !== 0,
      name: nameOf(value.subarray(3), wireForm),
    };
  } catch (error) {
    if (error instanceof WireError) return undefined;
    throw error;
  }
}

function nameOf(bytes: Uint8Array, wireForm: boolean): string {
  if (wireForm) return parseDomainName(bytes).labels.join(".");
  return Buffer.from(bytes).toString("latin1").replace(/\0.*$/s, "");
}

/**
 * The answer to a client's option 81: the zone is ours, so the server writes (S), says that it
 * overrode a client that wanted to (O), and writes nothing where nothing is wanted (N). The name is
 * the one that was granted, in the form that the client used.
 */
export function formatFqdn(asked: Fqdn, name: string | undefined): Uint8Array {
  const update = !asked.noUpdate && name !== undefined;
  const flags =
    (update ? Flag.serverUpdates : Flag.noUpdate) |
    (update !== asked.serverUpdates ? Flag.overridden : 0) |
    (asked.wireForm ? Flag.wireForm : 0);
  const head = Buffer.of(flags, unusedRcode, unusedRcode);
  if (name === undefined) return head;
  return Buffer.concat([head, asked.wireForm ? formatDomainName(name) : Buffer.from(name)]);
}
