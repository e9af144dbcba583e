import { expect, it } from "vitest";
import { readOptionLayer } from "../../src/dhcp/option-layer.ts";
import { ClientOptions } from "../support/dhcp-message.ts";
import { ip } from "../support/dhcp-site.ts";
import { decide, option, replyOf } from "../support/dhcp-world.ts";

const own = readOptionLayer({ "tftp-server": "10.77.0.9", "boot-file": "grub.efi" });
const ask = (options: (typeof ClientOptions)[keyof typeof ClientOptions]) =>
  decide({ options: [...options, [55, Buffer.of(1, 3, 66, 67)]] }, { settings: { options: own } });

it("names an operator's server and file to firmware, in header and options alike", () => {
  const decision = ask(ClientOptions.efi);
  const header = { siaddr: ip("10.77.0.9"), sname: "10.77.0.9", file: "grub.efi" };
  expect(replyOf(decision).message).toMatchObject(header);
  expect(option(decision, 66)?.toString()).toBe("10.77.0.9\0");
  expect(option(decision, 67)?.toString()).toBe("grub.efi\0");
});

it("leaves iPXE its script: the loader's name would start it over and over", () => {
  expect(option(ask(ClientOptions.ipxe), 67)?.toString()).toContain("/boot.ipxe");
});

it("tells a system neither, though it lists both", () => {
  const decision = ask(ClientOptions.system);
  expect([option(decision, 66), option(decision, 67)]).toEqual([undefined, undefined]);
});

it("takes a server's name for the field, and ours for the address", () => {
  const options = readOptionLayer({ "tftp-server": "boot.lab.test" });
  const { message } = replyOf(decide({ options: ClientOptions.efi }, { settings: { options } }));
  expect(message).toMatchObject({ siaddr: ip("10.77.0.1"), sname: "boot.lab.test" });
});
