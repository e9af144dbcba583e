import { Groups } from "../../src/rpc/proto/rpc_pb.ts";
import { openRpcRig } from "../support/rpc-rig.ts";
import type { Bench } from "./series.ts";

/** So many clients that each put one group over and over. */
type Callers = { readonly name: string; readonly callers: number };

const metadata = Buffer.from(
  '{"ssh_authorized_keys":["ssh-ed25519 AAAA"],"etcd":"http://node1:2380"}',
);

/** Puts of a group over gRPC with mutual TLS, each on disk when it is answered. */
export function putsBench(rounds: number, seconds: number): Bench<Callers> {
  return {
    name: "puts",
    what: `gRPC GroupPut for ${seconds} s, each on disk before it is answered`,
    metrics: [{ name: "puts", unit: "1/s", wants: "more" }],
    contenders: [
      { name: "1 caller", callers: 1 },
      { name: "20 callers", callers: 20 },
    ],
    rounds,
    measure: async ({ callers }) => ({ puts: await putsPerSecond(callers, seconds) }),
  };
}

async function putsPerSecond(callers: number, seconds: number): Promise<number> {
  await using rig = await openRpcRig();
  const client = rig.connect(Groups);
  let puts = 0;
  const start = performance.now();
  const caller = async (number: number): Promise<void> => {
    const selector = { mac: `52:54:00:00:00:${number.toString(16).padStart(2, "0")}` };
    while (performance.now() - start < seconds * 1000) {
      await client.groupPut({ group: { id: `g${number}`, profile: "p", selector, metadata } });
      puts += 1;
    }
  };
  await Promise.all(Array.from({ length: callers }, (_, number) => caller(number)));
  return puts / ((performance.now() - start) / 1000);
}
