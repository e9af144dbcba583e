import { createHash } from "node:crypto";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { DigestBook } from "../../src/assets/digest-book.ts";
import type { BootEvent } from "../../src/boot/event.ts";
import type { Finding } from "../../src/boot/finding.ts";
import type { MachineDeps, ServedAssets } from "../../src/http/deps.ts";
import { Transfers } from "../../src/http/transfers.ts";
import { systemClock } from "../../src/runtime/clock.ts";
import { EventBus } from "../../src/runtime/event-bus.ts";
import { silentLog } from "../../src/runtime/log.ts";
import { FileStore } from "../../src/store/file-store.ts";

/** A data folder of its own and everything the HTTP routes need around it. */
export type HttpRig = AsyncDisposable & {
  readonly folder: string;
  readonly assets: ServedAssets;
  readonly deps: MachineDeps;
  readonly bus: EventBus;
  readonly events: BootEvent[];
  /** Writes a file below the data folder: text as it is, anything else as JSON. */
  write(path: string, content: unknown): Promise<void>;
};

const loaderBytes = Buffer.from("MZ loader bytes");

/** `<<a.b>>` stands for a variable; text with `<<!` fails, and Butane is what begins with it. */
const fakeTexts: MachineDeps["texts"] = {
  templates: {
    render: (text, data) => {
      if (text.includes("<<!")) return { kind: "failed", reason: "line 1: bad action" };
      const value = (path: string) =>
        path.split(".").reduce<unknown>((at, key) => Object(at)[key], data);
      return {
        kind: "text",
        text: text.replace(/<<(.*?)>>/g, (_, path: string) => String(value(path))),
      };
    },
  },
  butane: {
    translate: (text) =>
      text.startsWith("variant: ")
        ? { kind: "text", text: JSON.stringify({ from: text }) }
        : { kind: "failed", reason: "want a variant" },
  },
};

/** The finding that holds in every rig. */
export const rigFinding: Finding = {
  code: "dhcp.pool-low",
  severity: "warning",
  sentence: "8 of 10 addresses are taken",
  cure: "widen dhcp.pools",
};

export async function openHttpRig(): Promise<HttpRig> {
  const folder = await mkdtemp(join(tmpdir(), "kindling-http-"));
  await mkdir(join(folder, "assets"));
  const bus = new EventBus(systemClock);
  const events: BootEvent[] = [];
  bus.subscribe((event) => events.push(event));
  const sha256 = createHash("sha256").update(loaderBytes).digest("hex");
  const catalog = new FileStore({ folder, clock: systemClock, log: silentLog });
  const transfers = new Transfers();
  const digests = new DigestBook(transfers);
  const assets = { folder: join(folder, "assets"), symlinks: "follow", digests } as const;
  const deps: MachineDeps = {
    catalog,
    texts: fakeTexts,
    extensions: true,
    assets,
    loaders: {
      find: async (name) => {
        const bytes = { "snponly.efi": loaderBytes, "autoexec.ipxe": Buffer.from("#!ipxe auto") };
        const found = Object.entries(bytes).find(([known]) => known === name)?.[1];
        if (found === undefined) return { kind: "missing", reason: "unknown-name" };
        return { kind: "file", bytes: found, sha256, modified: new Date("2026-01-02T03:04:05Z") };
      },
    },
    transfers,
    publish: bus.publish,
    machineAt: (address) => bus.machineAt(address),
    clock: systemClock,
    log: silentLog,
    metrics: { render: async () => "up 1\n", contentType: "text/plain; version=0.0.4" },
    readiness: () => [{ component: "dhcp", ready: true, detail: "serving" }],
    findings: () => [rigFinding],
  };
  return {
    folder,
    assets,
    deps,
    bus,
    events,
    async write(path, content) {
      const file = join(folder, path);
      await mkdir(dirname(file), { recursive: true });
      const plain = typeof content === "string" || Buffer.isBuffer(content);
      await writeFile(file, plain ? content : JSON.stringify(content));
    },
    async [Symbol.asyncDispose]() {
      catalog[Symbol.dispose]();
      digests[Symbol.dispose]();
      await rm(folder, { recursive: true });
    },
  };
}
