import { describe, expect, it } from "vitest";
import {
  decideBootServer,
  decideProxy,
  isBootServerSearch,
  type ProxyContext,
  type ProxyDecision,
} from "../../src/dhcp/decide-proxy.ts";
import type { Trial } from "../../src/dhcp/proxy-trial.ts";
import { parseMac } from "../../src/wire/mac.ts";
import { ClientOptions, clientMac, type MessageParts, requestOf } from "../support/dhcp-message.ts";
import { noon, settings, site } from "../support/dhcp-site.ts";

// What the packets look like is in proxy-conformance.test.ts; here is which answer is chosen.

const context: ProxyContext = { site, settings, now: noon };
const withSettings = (parts: Partial<ProxyContext["settings"]>): ProxyContext => ({
  ...context,
  settings: { ...settings, ...parts },
});
const menu = {
  prompt: "Boot?",
  timeout: 5,
  broadcast: false,
  items: [{ text: "Install", boot: "loader" }],
} as const;
const cameBack: Trial = { form: "direct", at: noon - 1000, unanswered: 1 };
const quirk = (force: readonly ("form-a-only" | "form-b-first" | "raspberry-pi-menu")[]) => ({
  quirks: new Map([[parseMac(clientMac), { force, forbid: [] }]]),
});
const { bios, efi, ipxe, http, uBoot, system } = ClientOptions;

describe("decideProxy, a DISCOVER on 67", () => {
  const chosen: {
    name: string;
    options: MessageParts["options"];
    context?: ProxyContext;
    trial?: Trial;
    want: ProxyDecision["reason"];
  }[] = [
    { name: "UEFI", options: efi, want: "form-a" },
    { name: "UEFI that comes back", options: efi, trial: cameBack, want: "form-b" },
    { name: "BIOS that comes back", options: bios, trial: cameBack, want: "form-a" },
    { name: "iPXE that comes back", options: ipxe, trial: cameBack, want: "form-a" },
    { name: "HTTP Boot that comes back", options: http, trial: cameBack, want: "form-a" },
    { name: "U-Boot that comes back", options: uBoot, trial: cameBack, want: "form-a" },
    {
      name: "BIOS, told to use the boot server,",
      options: bios,
      context: withSettings({ proxyAnswer: "boot-server" }),
      want: "form-b",
    },
    {
      name: "U-Boot, whatever everybody else is told,",
      options: uBoot,
      context: withSettings({ proxyAnswer: "boot-server" }),
      want: "form-a",
    },
    {
      name: "iPXE, which has its own way,",
      options: ipxe,
      context: withSettings({ proxyAnswer: "boot-server" }),
      want: "form-a",
    },
    {
      name: "UEFI that comes back, told to answer directly,",
      options: efi,
      context: withSettings({ proxyAnswer: "direct" }),
      trial: cameBack,
      want: "form-a",
    },
    {
      name: "UEFI that is known to want B",
      options: efi,
      context: withSettings(quirk(["form-b-first"])),
      want: "form-b",
    },
    {
      name: "UEFI that is known to want A only, coming back",
      options: efi,
      context: withSettings(quirk(["form-a-only"])),
      trial: cameBack,
      want: "form-a",
    },
    {
      name: "a machine that an operator calls a Pi",
      options: bios,
      context: withSettings(quirk(["raspberry-pi-menu"])),
      want: "form-c",
    },
    {
      name: "BIOS, with a menu",
      options: bios,
      context: withSettings({ menu }),
      want: "form-menu",
    },
    {
      name: "UEFI, with a menu, that comes back",
      options: efi,
      context: withSettings({ menu }),
      trial: cameBack,
      want: "form-menu",
    },
    {
      name: "iPXE, which a menu would send round for ever,",
      options: ipxe,
      context: withSettings({ menu }),
      want: "form-a",
    },
    {
      name: "HTTP Boot, which has no menu,",
      options: http,
      context: withSettings({ menu }),
      want: "form-a",
    },
  ];
  it.each(chosen)("answers $name with $want", ({ options = [], context: here, trial, want }) => {
    const decision = decideProxy(requestOf({ options }), { ...(here ?? context), trial });
    expect([decision.kind, decision.reason]).toEqual(["reply", want]);
  });

  it("remembers what firmware was offered, and takes iPXE for a sign of life", () => {
    const ask = (options: MessageParts["options"]) =>
      decideProxy(requestOf({ ...(options && { options }) }), { ...context, trial: cameBack })
        .trial;
    expect(ask(efi)).toEqual({ form: "ask-4011", at: noon, unanswered: 2 });
    expect(ask(ipxe)).toEqual({ ...cameBack, unanswered: 0 });
    expect(decideProxy(requestOf({ options: ipxe }), context).trial).toBeUndefined();
  });

  const goesOn = [
    { name: "a REQUEST to the address server", decide: decideProxy },
    { name: "a request on 4011", decide: decideBootServer },
  ];
  it.each(goesOn)("takes $name for a sign of life", ({ decide }) => {
    const request = requestOf({ type: "request", ciaddr: "10.77.0.50", options: efi });
    const { trial } = decide(request, { ...context, trial: cameBack });
    expect(trial).toEqual({ ...cameBack, unanswered: 0 });
  });

  const pxeOf = (code: number) =>
    [
      [60, "PXEClient"],
      [93, Buffer.of(code >> 8, code & 255)],
    ] as const;
  const silent: { name: string; send: MessageParts; reason: string }[] = [
    { name: "a system", send: { options: system }, reason: "not-netboot" },
    { name: "a Mac", send: { options: [[60, "AAPLBSDPC/i386/x"]] }, reason: "apple-bsdp" },
    { name: "a REQUEST", send: { type: "request", options: efi }, reason: "address-server" },
    { name: "an INFORM", send: { type: "inform", options: efi }, reason: "address-server" },
    {
      name: "a relay with our address",
      send: { giaddr: "10.77.0.1", options: efi },
      reason: "relay-loop",
    },
    { name: "an Alpha", send: { options: pxeOf(3) }, reason: "no-loader" },
    {
      name: "an unheard-of architecture",
      send: { options: pxeOf(909) },
      reason: "unknown-architecture",
    },
  ];
  it.each(silent)("stays silent at $name", ({ send, reason }) => {
    expect(decideProxy(requestOf(send), context)).toEqual({ kind: "ignore", reason });
  });
});

describe("decideBootServer, a request on 4011", () => {
  const ask = (parts: MessageParts, here = context): ProxyDecision =>
    decideBootServer(requestOf({ type: "request", options: efi, ...parts }), here);
  const item = (type: number, layer = 0): MessageParts => ({
    options: [...efi, [43, Buffer.of(71, 4, type >> 8, type & 255, layer >> 8, layer & 255)]],
  });

  const silent: { name: string; send: MessageParts; with?: ProxyContext; reason: string }[] = [
    { name: "another server's client", send: { serverId: "10.77.0.2" }, reason: "other-server" },
    { name: "a DISCOVER", send: { type: "discover" }, reason: "not-for-boot-server" },
    { name: "a system", send: { options: [] }, reason: "not-netboot" },
    { name: "an item with credentials", send: item(0, 0x8000), reason: "credentials-asked" },
    { name: "an item of nobody's menu", send: item(0x8000), reason: "unknown-boot-item" },
    {
      name: "an item past the menu's end",
      send: item(0x8001),
      with: withSettings({ menu }),
      reason: "unknown-boot-item",
    },
    {
      name: "a disabled machine",
      send: {},
      with: withSettings({ disabled: new Set([parseMac(clientMac)]) }),
      reason: "machine-disabled",
    },
  ];
  it.each(silent)("stays silent at $name", ({ send, with: here, reason }) => {
    expect(ask(send, here)).toEqual({ kind: "ignore", reason });
  });

  it("answers an INFORM as it does a REQUEST", () => {
    expect(ask({ type: "inform", ciaddr: "10.77.0.50" }).reason).toBe("boot-server");
  });

  it("names the loader under a menu too, which stands in its place on 67 only", () => {
    const decision = ask(item(0x8000), withSettings({ menu }));
    expect(decision.kind === "reply" && decision.reply.message.file).toBe("snponly.efi");
  });
});

describe("a search for a boot server, by broadcast on 67", () => {
  const search: MessageParts = {
    type: "request",
    ciaddr: "10.77.0.50",
    options: [...efi, [43, Buffer.of(71, 4, 0x80, 0, 0, 0)]],
  };
  const allowed = { menu: { ...menu, broadcast: true } };
  const rows: { name: string; send: MessageParts; with: Partial<typeof settings>; want: string }[] =
    [
      { name: "that the menu allows", send: search, with: allowed, want: "boot-server" },
      {
        name: "that the menu does not allow",
        send: search,
        with: { menu },
        want: "address-server",
      },
      { name: "without a menu", send: search, with: {}, want: "address-server" },
      {
        name: "of one without an address, whose REQUEST is the address server's",
        send: { type: "request", options: search.options ?? [] },
        with: allowed,
        want: "address-server",
      },
      {
        name: "without an item",
        send: { type: "request", ciaddr: "10.77.0.50", options: efi },
        with: allowed,
        want: "address-server",
      },
    ];
  it.each(rows)("$name ends as $want", ({ send, with: parts, want }) => {
    const request = requestOf(send);
    expect(decideProxy(request, withSettings(parts)).reason).toBe(want);
    expect(isBootServerSearch(request, { ...settings, ...parts })).toBe(want === "boot-server");
  });
});
