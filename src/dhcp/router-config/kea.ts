import { formatIpv4 } from "../../wire/ipv4.ts";
import { hexCode, type RouterHost } from "./router-host.ts";

/** A member of "Dhcp4" in kea-dhcp4.conf. */
export function keaConfig({ server, script, loaders }: RouterHost): string {
  const at = { "next-server": formatIpv4(server) };
  const classes = [
    { name: "kindling-ipxe", test: "option[175].exists", ...at, "boot-file-name": script },
    ...loaders.map(({ file, codes }) => {
      const tests = codes.map((code) => `option[93].hex == 0x${hexCode(code)}`);
      const test = `not member('kindling-ipxe') and (${tests.join(" or ")})`;
      return { name: `kindling-${codes[0] ?? 0}`, test, ...at, "boot-file-name": file };
    }),
  ];
  return [
    '// Into "Dhcp4"; take vendor-class-identifier out of every option-data: it is option 60.',
    `"client-classes": ${JSON.stringify(classes, null, 2)}`,
  ].join("\n");
}
