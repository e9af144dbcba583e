import { expect, it } from "vitest";
import { bootFields } from "../../src/dhcp/boot-fields.ts";
import type { BootForm } from "../../src/dhcp/boot-form.ts";
import { ClientOptions, requestOf } from "../support/dhcp-message.ts";
import { site } from "../support/dhcp-site.ts";

const menu = {
  prompt: "Boot?",
  timeout: 5,
  broadcast: false,
  items: [{ text: "Install", boot: "loader" }],
} as const;

const fields = (client: keyof typeof ClientOptions, form: BootForm = { kind: "direct" }) => {
  const found = bootFields(requestOf({ options: ClientOptions[client] }).client, site, form);
  return found.kind === "none"
    ? found
    : { file: found.file, codes: found.options.map(([code]) => code) };
};

const rows = [
  {
    name: "firmware gets the file by TFTP",
    got: fields("bios"),
    want: { file: "undionly.kpxe", codes: [60, 43, 66, 67] },
  },
  {
    name: "UEFI sees its UUID again",
    got: fields("efi"),
    want: { file: "snponly.efi", codes: [60, 97, 43, 66, 67] },
  },
  {
    name: "UEFI may be sent to 4011",
    got: fields("efi", { kind: "ask-4011" }),
    want: { file: "", codes: [60, 97] },
  },
  {
    name: "HTTP Boot gets a URL and no PXE options",
    got: fields("http"),
    want: { file: "http://10.77.0.1:8080/loaders/snponly.efi", codes: [60, 67] },
  },
  {
    name: "iPXE gets the script, and no TFTP server",
    got: fields("ipxe"),
    want: { file: "http://10.77.0.1:8080/boot.ipxe", codes: [60, 43, 67] },
  },
  {
    name: "firmware that must not see PXE is not told of it",
    got: fields("efi", { kind: "unmarked" }),
    want: { file: "snponly.efi", codes: [66, 67] },
  },
  {
    name: "a Pi gets the words that it looks for, and no file",
    got: fields("bios", { kind: "raspberry-pi" }),
    want: { file: "", codes: [60, 43, 66] },
  },
  {
    name: "a menu names no file: its items' servers do",
    got: fields("efi", { kind: "menu", menu }),
    want: { file: "", codes: [60, 97, 43, 66] },
  },
  {
    name: "a system gets nothing",
    got: fields("system"),
    want: { kind: "none", reason: "not-netboot" },
  },
];
it.each(rows)("$name", ({ got, want }) => {
  expect(got).toEqual(want);
});
