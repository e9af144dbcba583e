import { fromBinary, toBinary } from "@bufbuild/protobuf";
import { expect, it } from "vitest";
import { WireError } from "../../src/errors.ts";
import { formatGroupMessage, parsePutGroup } from "../../src/rpc/messages.ts";
import { GroupSchema } from "../../src/rpc/proto/storage_pb.ts";

const packets = Number(process.env["FUZZ_PACKETS"] ?? 25_000);
const seed = Number(process.env["FUZZ_SEED"] ?? Date.now() % 2 ** 31);

const metadata = { a: [1, -2.5e3, null, true], b: { c: "\u00e9\n<" } };
const selector = { os: "installed" };
const group = formatGroupMessage({ id: "g", name: "n", profile: "p", selector, metadata });

const Targets = [
  {
    name: "the metadata of a put",
    bytes: Buffer.from(group.metadata),
    parse: (bytes: Buffer) => parsePutGroup({ ...group, metadata: bytes }),
  },
  {
    name: "a put that still is a message",
    bytes: Buffer.from(toBinary(GroupSchema, group)),
    parse: (bytes: Buffer) => {
      const message = decoded(bytes);
      return message === undefined ? undefined : parsePutGroup(message);
    },
  },
] as const;

// What is no message at all is refused by the protocol's own package, with errors of its own.
function decoded(bytes: Buffer) {
  try {
    return fromBinary(GroupSchema, bytes);
  } catch {
    return undefined;
  }
}

/** Numbers below `limit`, the same for the same seed (xorshift32). */
function randomFrom(start: number): (limit: number) => number {
  let state = start | 1;
  return (limit) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % limit;
  };
}

function mutate(bytes: Buffer, random: (limit: number) => number): Buffer {
  const mutated = Buffer.from(bytes);
  for (let rounds = 1 + random(5); rounds > 0; rounds -= 1) {
    mutated[random(mutated.length)] = random(256);
  }
  const end = random(4) === 0 ? random(mutated.length + 1) : mutated.length;
  return mutated.subarray(0, end);
}

it.each(Targets)("mutations of $name throw nothing but WireError", ({ bytes, parse }) => {
  const random = randomFrom(seed);
  let taken = 0;
  for (let count = 0; count < packets; count += 1) {
    const packet = mutate(bytes, random);
    try {
      parse(packet);
      taken += 1;
    } catch (error) {
      if (error instanceof WireError) continue;
      const again = `FUZZ_SEED=${seed}, packet ${count}: ${packet.toString("hex")}`;
      throw new Error(`${String(error)}; ${again}`, { cause: error });
    }
  }
  // Some must get through, or the parser was never past its first byte.
  expect(taken).toBeGreaterThan(packets / 1000);
});
