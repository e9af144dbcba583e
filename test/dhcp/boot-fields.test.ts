import { expect, it } from "vitest";
import { bootFields } from "../../src/dhcp/boot-fields.ts";
import { ClientOptions, requestOf } from "../support/dhcp-message.ts";
import { site } from "../support/dhcp-site.ts";

const fields = (kind: keyof typeof ClientOptions, form: "direct" | "ask-4011" = "direct") => {
  const found = bootFields(requestOf({ options: ClientOptions[kind] }).client, site, form);
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
    got: fields("efi", "ask-4011"),
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
    name: "a system gets nothing",
    got: fields("system"),
    want: { kind: "none", reason: "not-netboot" },
  },
];
it.each(rows)("$name", ({ got, want }) => {
  expect(got).toEqual(want);
});
