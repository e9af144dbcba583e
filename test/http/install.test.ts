import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Install } from "../../src/boot/install.ts";
import { buildAdminApp } from "../../src/http/admin.ts";
import type { AdminDeps, InstallBook } from "../../src/http/deps.ts";
import { parseMac } from "../../src/wire/mac.ts";
import { type HttpRig, openHttpRig } from "../support/http-rig.ts";

const mac = parseMac("52:54:00:77:00:10");
const minute = 60_000;
let rig: HttpRig;
let app: ReturnType<typeof buildAdminApp>;
let now = 0;
let kept: Map<string, Install>;
let failure: Error | undefined;
let held: string[];

beforeEach(async () => {
  rig = await openHttpRig();
  now = 100 * minute;
  kept = new Map();
  held = [];
  failure = undefined;
  const book: InstallBook = {
    of: (one) => kept.get(one),
    list: () => new Map([...kept].map(([one, install]) => [parseMac(one), install])),
    keep: async (one, install) => {
      if (failure) throw failure;
      kept.set(one, install);
    },
    forget: async (one) => kept.delete(one),
    held: (one, { reason }) => held.push(`${one} ${reason}`),
  };
  const none: AdminDeps = {
    events: rig.bus,
    leases: () => [],
    status: () => ({ version: "0", mode: "off", interfaces: [], ports: {}, startedAt: 0 }),
  };
  const deps = { ...rig.deps, installs: { book, now: () => now } };
  app = buildAdminApp(deps, none, new AbortController().signal);
  await rig.write("groups/node.json", {
    profile: "installer",
    selector: { mac },
    metadata: { kindling: { install: "1" } },
  });
  await rig.write("profiles/installer.json", { id: "installer", boot: { kernel: "/assets/k" } });
});
afterEach(async () => {
  await app.close();
  await rig[Symbol.asyncDispose]();
});

const body = async (url: string) => (await app.inject(url)).body;
const report = async (stage: string) => {
  const sent = { method: "POST", url: `/report?mac=${mac}`, payload: { stage } } as const;
  return (await app.inject(sent)).statusCode;
};

describe("a machine that is installed once", () => {
  it("gets its installer, then its disk, by iPXE and by GRUB", async () => {
    expect(await body(`/ipxe?mac=${mac}`)).toContain("kernel /assets/k");
    expect(await report("writing")).toBe(200);
    expect(await report("installed")).toBe(200);
    expect(kept.get(mac)).toMatchObject({ stage: "installed", generation: "1" });
    expect(await body(`/ipxe?mac=${mac}`)).toMatch(/boots its disk\niseq .*\nsanboot .*0x80/);
    expect(await body(`/grub?mac=${mac}`)).toMatch(/exit 1\n.*\n.*\nchainloader \+1/);
  });

  it("is installed again for another generation, or when somebody says so", async () => {
    kept.set(mac, { generation: "1", stage: "up", at: 0, starts: [0] });
    await rig.write("groups/node.json", {
      profile: "installer",
      selector: { mac },
      metadata: { kindling: { install: "2" } },
    });
    await expect.poll(() => body(`/ipxe?mac=${mac}`)).toContain("kernel /assets/k");
    kept.set(mac, { generation: "2", stage: "up", at: 0, starts: [0] });
    expect(await body(`/ipxe?mac=${mac}`)).toContain("boots its disk");
    const forget = { method: "DELETE", url: "/v1/installs/52-54-00-77-00-10" } as const;
    expect((await app.inject(forget)).statusCode).toBe(200);
    expect((await app.inject(forget)).json().error.code).toBe("install.unknown");
    expect(await body(`/ipxe?mac=${mac}`)).toContain("kernel /assets/k");
  });

  it("is stopped at the third try within twenty minutes, in words on its screen", async () => {
    for (const _ of [1, 2]) {
      expect(await body(`/ipxe?mac=${mac}`)).toContain("kernel /assets/k");
      now += 5 * minute;
    }
    expect(await body(`/ipxe?mac=${mac}`)).toContain("echo Kindling stopped an installation");
    expect(await body(`/grub?mac=${mac}`)).toContain('echo "Kindling stopped an installation');
    expect(held).toEqual([`${mac} install-loop`, `${mac} install-loop`]);
    now += 11 * minute;
    expect(await body(`/ipxe?mac=${mac}`)).toContain("kernel /assets/k");
  });

  it("counts no HEAD and no script of the same try", async () => {
    await app.inject({ method: "HEAD", url: `/ipxe?mac=${mac}` });
    expect(kept.size).toBe(0);
    await body(`/ipxe?mac=${mac}`);
    await body(`/ipxe?mac=${mac}`);
    expect(kept.get(mac)?.starts).toEqual([100 * minute]);
  });

  it("gets no installer, and no word that it is installed, which could not be kept", async () => {
    failure = new Error("no space");
    expect((await app.inject(`/ipxe?mac=${mac}`)).statusCode).toBe(500);
    failure = undefined;
    await body(`/ipxe?mac=${mac}`);
    failure = new Error("no space");
    expect(await report("installed")).toBe(500);
    expect(kept.get(mac)?.stage).toBe("offered");
  });

  it("is listed for the operator", async () => {
    await body(`/ipxe?mac=${mac}`);
    expect((await app.inject("/v1/installs")).json()).toEqual({
      installs: [{ mac, generation: "1", stage: "offered", at: now, starts: [now] }],
    });
    const wrong = { method: "DELETE", url: "/v1/installs/nobody" } as const;
    expect((await app.inject(wrong)).json().error.code).toBe("usage.invalid");
  });
});
