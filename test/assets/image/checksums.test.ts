import { describe, expect, it } from "vitest";
import {
  parseDebianRelease,
  parseSha256Sums,
  parseTreeInfo,
} from "../../../src/assets/image/checksums.ts";

const [a, b] = ["a".repeat(64), "b".repeat(64)];

describe("parseSha256Sums", () => {
  it.each([
    { name: "two blanks", text: `${a}  linux\n`, want: { linux: a } },
    { name: "a star", text: `${a} *linux\n${b} *x y`, want: { linux: a, "x y": b } },
    { name: "a leading ./", text: `${a}  ./netboot/linux`, want: { "netboot/linux": a } },
    { name: "BSD's form", text: `SHA256 (linux) = ${a}`, want: { linux: a } },
    { name: "capitals and CRLF", text: `${"A".repeat(64)}  linux\r\n`, want: { linux: a } },
    { name: "short and long hashes", text: `${a.slice(1)}  x\n${a}a  y`, want: {} },
    {
      name: "a signature around it",
      text: `-----BEGIN PGP SIGNED MESSAGE-----\n${a}  x`,
      want: { x: a },
    },
  ])("reads $name", ({ text, want }) => {
    expect(Object.fromEntries(parseSha256Sums(text))).toEqual(want);
  });
});

describe("parseDebianRelease", () => {
  it("reads fields and the rows of SHA256 only", () => {
    const text = [
      ...["Origin: Debian", "Version: 13.2", "Codename: trixie", "MD5Sum:"],
      ...[
        ` ${a.slice(32)} 10 main/x`,
        "SHA256:",
        ` ${b}   20 main/x`,
        "Foo: bar",
        ` ${a} 1 main/x`,
      ],
    ].join("\n");
    const release = parseDebianRelease(text);
    expect(release).toMatchObject({ version: "13.2", codename: "trixie" });
    expect(Object.fromEntries(release.sha256)).toEqual({ "main/x": b });
  });

  it("knows none in what is no Release", () => {
    const none = { version: undefined, codename: undefined, sha256: new Map() };
    expect(parseDebianRelease("hello")).toEqual(none);
  });
});

describe("parseTreeInfo", () => {
  it("reads the version and the sums of SHA-256", () => {
    const text = [
      ...["[checksums]", `images/pxeboot/vmlinuz = sha256:${a}`, `old = sha1:${b}`, ""],
      ...["[general]", "version = 43", "[other]", "version = 9", `x = sha256:${b}`],
    ].join("\n");
    const { version, sha256 } = parseTreeInfo(text);
    expect([version, Object.fromEntries(sha256)]).toEqual(["43", { "images/pxeboot/vmlinuz": a }]);
  });
});
