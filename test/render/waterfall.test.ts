import { stripVTControlCharacters } from "node:util";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { foldTimelines } from "../../src/boot/timeline.ts";
import { renderWaterfall } from "../../src/render/waterfall.ts";
import { dhcpTalk, story, tftp, wholeBoot } from "../support/boot-story.ts";

const bootOf = (steps: Parameters<typeof story>[0]) => {
  const [boot] = foldTimelines(story(steps));
  if (boot === undefined) throw new Error("no timeline");
  return boot;
};

describe("renderWaterfall", () => {
  it("draws a whole boot", () => {
    expect(
      `\n${renderWaterfall(bootOf(wholeBoot), { width: 100 }).join("\n")}\n`,
    ).toMatchInlineSnapshot(`
      "
      52:54:00:77:00:10  10.77.0.100  x64 UEFI  profile lab  6.00 s
      DISCOVER       █                         0.00 s                     firmware
      OFFER          █                         0.00 s                     snponly.efi
      ACK            ···█                      1.00 s                     10.77.0.100
      loader         ···█                      0.99 s    20 ms       0 B  snponly.efi (size probe)
      loader         ···█                      1.02 s    20 ms  173.8 kB  snponly.efi
      iPXE           ·······█████              2.00 s  1001 ms            http://10.77.0.1:8080/boot.ipxe
      script         ···········█              3.00 s    12 ms     722 B  /ipxe
      kernel         ·············█            3.40 s     5 ms   14.2 MB  /assets/lab/vmlinuz
      initrd         ·············█            3.50 s     5 ms   14.2 MB  /assets/lab/initrd.gz
      system DHCP    ·················████     4.50 s  1001 ms
      user space up  ······················█   6.00 s                     up
      "
    `);
  });

  it("marks what failed", () => {
    const steps = [...dhcpTalk(0, "firmware"), tftp(1040, "failed")];
    expect(renderWaterfall(bootOf(steps), { width: 100 }).at(-1)).toMatch(/✗.*\(retries-spent\)/);
  });

  it("stretches the scale to now while a boot goes on", () => {
    const [head] = renderWaterfall(bootOf(dhcpTalk(0, "ipxe")), { width: 100, nowMs: 60_000 });
    expect(head).toContain("60.00 s");
  });

  it("is never wider than asked, without its colours", () => {
    fc.assert(
      fc.property(fc.integer({ min: 40, max: 200 }), fc.boolean(), (width, color) => {
        for (const line of renderWaterfall(bootOf(wholeBoot), { width, color })) {
          const plain = stripVTControlCharacters(line);
          expect(plain.length).toBeLessThanOrEqual(width);
        }
      }),
    );
  });
});
