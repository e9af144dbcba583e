import { formatIpv4 } from "../../wire/ipv4.ts";
import { hexCode, type RouterHost } from "./router-host.ts";

/** Lines for dhcpd.conf, at its top level. */
export function iscConfig({ server, script, loaders }: RouterHost): string {
  const arms = loaders.map(({ file, codes }) => {
    const tests = codes.map((code) => {
      const hex = hexCode(code);
      return `option kindling-arch = ${hex.slice(0, 2)}:${hex.slice(2)}`;
    });
    return `  } elsif ${tests.join(" or ")} {\n    filename "${file}";`;
  });
  return [
    "# Remove every line with vendor-class-identifier: it adds option 60.",
    "option kindling-arch code 93 = unsigned integer 16;",
    "option kindling-ipxe code 175 = string;",
    'class "kindling" {',
    "  match if exists kindling-arch or exists kindling-ipxe;",
    `  next-server ${formatIpv4(server)};`,
    "  if exists kindling-ipxe {",
    `    filename "${script}";`,
    ...arms,
    "  }",
    "}",
  ].join("\n");
}
