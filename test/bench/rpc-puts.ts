/**
 * Puts of a group a second, each on disk when it is answered: `node test/bench/rpc-puts.ts
 * [SECONDS]`.
 */
import { Groups } from "../../src/rpc/proto/rpc_pb.ts";
import { openRpcRig } from "../support/rpc-rig.ts";

const seconds = Number(process.argv[2] ?? 3);
await using rig = await openRpcRig();
const client = rig.connect(Groups);
const metadata = Buffer.from(
  '{"ssh_authorized_keys":["ssh-ed25519 AAAA"],"etcd":"http://node1:2380"}',
);

for (const callers of [1, 20]) {
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
  const perSecond = Math.round(puts / ((performance.now() - start) / 1000));
  process.stdout.write(`${JSON.stringify({ callers, puts, perSecond })}\n`);
}
