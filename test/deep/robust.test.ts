import { it } from "vitest";
import { standNoise } from "../support/robust.ts";

const datagrams = Number(process.env["FUZZ_PACKETS"] ?? 200_000);
const seed = Number(process.env["FUZZ_SEED"] ?? Date.now() % 2 ** 31);

it(`a daemon stands ${datagrams} datagrams of noise (FUZZ_SEED=${seed})`, () =>
  standNoise(datagrams, seed));
