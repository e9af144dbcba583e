import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openJoinStore } from "../../src/installer/join-store.ts";
import { parseTicketWishes } from "../../src/installer/join-ticket.ts";
import { durableDisk } from "../../src/runtime/durable-file.ts";

let home: string;
let folder: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "kindling-join-"));
  folder = join(home, "join");
});
afterEach(() => rmSync(home, { recursive: true }));

function wish(token: string, node = "node1", expires = 1000) {
  const files = [{ path: "/k", mode: 0o600, text: "secret" }];
  const row = {
    cluster: "demo",
    node,
    macs: ["525400770010"],
    address: "10.77.0.21",
    expires,
    files,
  };
  const [one] = parseTicketWishes(
    JSON.stringify({ tickets: [{ token: token.repeat(64), ...row }] }),
  );
  if (one === undefined) throw new Error("no wish");
  return one;
}

describe("openJoinStore", () => {
  it("keeps tickets where nobody else may look, through a restart", async () => {
    await (await openJoinStore(folder, durableDisk)).put(wish("a"), 0);
    expect(statSync(folder).mode & 0o777).toBe(0o700);
    const again = await openJoinStore(folder, durableDisk);
    expect(again.of("a".repeat(64))?.files[0]?.text).toBe("secret");
  });

  it("lets a new ticket of a node end the old one", async () => {
    const store = await openJoinStore(folder, durableDisk);
    await store.put(wish("a"), 0);
    await store.put(wish("b", "node2"), 0);
    await store.put(wish("c"), 0);
    expect(store.of("a".repeat(64))).toBeUndefined();
    expect(store.list().map(({ node }) => node)).toEqual(["node2", "node1"]);
    expect(await store.remove("demo", "node2")).toBe(1);
    expect(await store.remove("demo")).toBe(1);
    expect(await store.remove("demo")).toBe(0);
  });

  it("takes secrets that nobody may fetch off the disk", async () => {
    const store = await openJoinStore(folder, durableDisk);
    await store.put(wish("a", "node1", 10), 0);
    const read = () => readFileSync(join(folder, "tickets.json"), "utf8");
    expect(read()).toContain("secret");
    await store.sweep(10);
    expect(read()).not.toContain("secret");
    expect(store.of("a".repeat(64))?.node).toBe("node1");
  });
});
