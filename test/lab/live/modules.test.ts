import { expect, it } from "vitest";
import { parseModuleDeps } from "../../../src/lab/live/modules.ts";

it("reads what each module needs", () => {
  const text = [
    "kernel/net/core/failover.ko:",
    "kernel/drivers/net/net_failover.ko: kernel/net/core/failover.ko",
    "kernel/drivers/net/virtio_net.ko: kernel/drivers/net/net_failover.ko kernel/net/core/failover.ko",
    "",
  ].join("\n");
  expect([...parseModuleDeps(text)]).toEqual([
    ["kernel/net/core/failover.ko", []],
    ["kernel/drivers/net/net_failover.ko", ["kernel/net/core/failover.ko"]],
    [
      "kernel/drivers/net/virtio_net.ko",
      ["kernel/drivers/net/net_failover.ko", "kernel/net/core/failover.ko"],
    ],
  ]);
});
