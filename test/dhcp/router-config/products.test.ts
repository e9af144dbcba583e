import { describe, expect, it } from "vitest";
import { Architectures } from "../../../src/boot/firmware.ts";
import { nextStage } from "../../../src/boot/next-stage.ts";
import { RouterProducts, routerProducts } from "../../../src/dhcp/router-config/products.ts";
import { routerHost } from "../../../src/dhcp/router-config/router-host.ts";
import { site } from "../../support/dhcp-site.ts";

const host = routerHost(site);
const texts = routerProducts.map((name) => ({ name, text: RouterProducts[name].format(host) }));
const withClasses = texts.filter(({ name }) => name !== "unifi" && name !== "opnsense");

describe("routerHost", () => {
  it("has the file that nextStage names, for each architecture that has one", () => {
    for (const arch of Architectures.filter(({ transport }) => transport === "pxe")) {
      const next = nextStage({ stage: { kind: "firmware", client: "pxe" }, arch }, site);
      const told = host.loaders.find(({ codes }) => codes.includes(arch.code))?.file;
      expect(told).toBe(next.kind === "tftp-loader" ? next.file : undefined);
    }
    expect(host.script).toBe("http://10.77.0.1:8080/boot.ipxe");
  });
});

describe("the text for another DHCP server", () => {
  it.each(texts)("$name names this host and holds no hole", ({ text }) => {
    expect(text).toContain("10.77.0.1");
    expect(text).not.toMatch(/undefined|NaN|\[object/);
  });

  it.each(withClasses)("$name names each file and the script for iPXE", ({ text }) => {
    for (const { file } of host.loaders) expect(text).toContain(file);
    expect(text).toContain(host.script);
  });

  it.each(texts)("$name sets no option 60, and says to take it out", ({ text }) => {
    const lines = text.split("\n").filter((line) => !/^(#|\/\/)|Remove-/.test(line));
    const about = lines.filter((line) => /\b60\b|vendor-class-identifier/.test(line));
    expect(about.filter((line) => !/none with/.test(line))).toEqual([]);
    expect(text).toMatch(/60/);
  });

  it("of dnsmasq tells iPXE from the firmware that says the same architecture", () => {
    expect(RouterProducts.dnsmasq.format({ ...host, loaders: host.loaders.slice(2, 3) })).toBe(
      `# Remove every pxe-service, pxe-prompt and dhcp-option=60 line: they add option 60.
dhcp-match=set:kindling-ipxe,175
dhcp-boot=tag:kindling-ipxe,http://10.77.0.1:8080/boot.ipxe,,10.77.0.1
# x64 UEFI
dhcp-match=set:kindling-7,option:client-arch,7
dhcp-match=set:kindling-7,option:client-arch,9
dhcp-boot=tag:!kindling-ipxe,tag:kindling-7,snponly.efi,,10.77.0.1`,
    );
  });

  it("of Windows makes the policy of iPXE first", () => {
    const lines = RouterProducts.windows.format(host).split("\n");
    const policies = lines.filter((line) => line.startsWith("Add-DhcpServerv4Policy"));
    expect(policies[0]).toContain(
      '-ScopeId 10.77.0.0 -Condition OR -UserClass EQ,"Kindling iPXE*"',
    );
  });
});
