import { describe, expect, it } from "vitest";
import { parseInstalls } from "../../src/lab/peer-packages.ts";

describe("parseInstalls", () => {
  it("takes the packages of apt's plan and nothing else of it", () => {
    const plan = [
      "Reading package lists...",
      "Inst libwrap0 (7.6.q-32 Debian:12/stable [amd64])",
      "Inst tftpd-hpa (5.2+20150808-1.4 Debian:12/stable [amd64])",
      "Conf libwrap0 (7.6.q-32 Debian:12/stable [amd64])",
    ].join("\n");
    expect(parseInstalls(plan)).toEqual(["libwrap0", "tftpd-hpa"]);
    expect(parseInstalls("0 upgraded, 0 newly installed")).toEqual([]);
  });
});
