import { describe, expect, it } from "vitest";
import type { QuirkOverride } from "../../src/boot/quirks.ts";
import { clientQuirks } from "../../src/dhcp/boot-form.ts";
import type { BootMenu } from "../../src/dhcp/boot-menu.ts";
import { OptionCode } from "../../src/dhcp/options.ts";
import { parseMac } from "../../src/wire/mac.ts";
import { ClientOptions, clientMac, type MessageParts, requestOf } from "../support/dhcp-message.ts";
import { noon, settings } from "../support/dhcp-site.ts";
import { decide, option, replyOf } from "../support/dhcp-world.ts";

const force = (...effects: QuirkOverride["force"]) => ({
  quirks: new Map([[parseMac(clientMac), { force: effects, forbid: [] }]]),
});
const { efi, ipxe, bios, system } = ClientOptions;
const clientId = [OptionCode.clientId, Buffer.of(1, 2, 3)] as const;

describe("a full server's answer", () => {
  it("says nothing of PXE to firmware that would then pass over its file", () => {
    const decision = decide({ options: efi }, { settings: force("no-option-60") });
    expect(replyOf(decision).message.file).toBe("snponly.efi");
    expect([60, 43, 97].map((code) => option(decision, code))).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
    expect(option(decision, 67)?.toString()).toBe("snponly.efi\0");
  });

  it("leaves out the client's identifier where that is wanted", () => {
    const send: MessageParts = { options: [...bios, clientId] };
    expect(option(decide(send), 61)).toEqual(Buffer.of(1, 2, 3));
    const without = decide(send, { settings: force("no-client-id-echo") });
    expect(option(without, 61)).toBeUndefined();
  });

  it("is held for 10 min for a Pi, which uses it and sends no REQUEST", () => {
    const heldFor = (send: MessageParts) => {
      const decision = decide(send);
      const [change] = decision.kind === "reply" ? decision.changes : [];
      return change?.kind === "offer" && (change.offer.expires - noon) / 1000;
    };
    const pi = { options: bios, mac: "b8:27:eb:00:00:01" };
    expect([heldFor({ options: bios }), heldFor(pi)]).toEqual([60, 600]);
    const answer = decide(pi);
    expect(option(answer, 43)?.toString("latin1")).toContain("Raspberry Pi Boot   ");
    expect(option(answer, 66)?.toString()).toBe("10.77.0.1\0");
    expect(replyOf(answer).message).toMatchObject({ file: "", siaddr: 0x0a4d0001 });
  });

  const menu: BootMenu = {
    prompt: "Boot?",
    timeout: 5,
    broadcast: false,
    items: [{ text: "Disk", boot: "local" }],
  };

  it("holds the menu for PXE firmware, and the script for its iPXE", () => {
    const world = { settings: { menu } };
    expect(option(decide({ options: efi }, world), 43)?.toString("latin1")).toContain("Disk");
    expect(option(decide({ options: ipxe }, world), 43)).toEqual(Buffer.of(6, 1, 8, 255));
    expect(option(decide({ options: system }, world), 43)).toBeUndefined();
  });
});

describe("clientQuirks", () => {
  it("counts while firmware runs, not for iPXE or a system on the same machine", () => {
    const names = (options: MessageParts["options"]) => {
      const { client } = requestOf({ ...(options && { options }) });
      return clientQuirks(client, { ...settings, ...force("form-a-only") }).names;
    };
    expect([names(efi), names(ipxe), names(system)]).toEqual([["dhcp.quirks"], [], []]);
  });
});
