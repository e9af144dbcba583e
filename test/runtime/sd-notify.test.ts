import { expect, it } from "vitest";
import { openServiceManager } from "../../src/runtime/sd-notify.ts";
import { openNotifySocket } from "../support/notify-socket.ts";

it("tells the manager each state in a datagram of its own", () => {
  using listener = openNotifySocket();
  using manager = openServiceManager({ NOTIFY_SOCKET: listener.path });
  manager.tell("READY=1");
  manager.tell("STOPPING=1");
  expect([listener.read(), listener.read(), listener.read()]).toEqual([
    "READY=1",
    "STOPPING=1",
    undefined,
  ]);
});

it.each([{}, { NOTIFY_SOCKET: "" }, { NOTIFY_SOCKET: "/nonexistent/notify" }])(
  "is silent where no manager listens: %j",
  (environment) => {
    using manager = openServiceManager(environment);
    expect(() => manager.tell("READY=1")).not.toThrow();
  },
);
