import { describe, expect, it } from "vitest";
import {
  formatManifest,
  type ImageManifest,
  isFreePlace,
  manifestId,
  parseManifest,
} from "../../../src/assets/image/manifest.ts";

const sha256 = "a".repeat(64);
const at = "2026-11-30T07:22:04.000Z";
const manifest: ImageManifest = {
  format: 1,
  ...({ name: "debian", version: "13.2", arch: "x86_64", channel: "trixie" } as const),
  ...{ title: "Debian installer", pulledAt: at, tree: "http://deb.example/debian" },
  boot: { args: ["initrd=main"], required: ["initrd=main"], ramMib: 1024, secureBoot: "signed" },
  files: [
    {
      ...({ role: "kernel", file: "linux", bytes: 3, sha256 } as const),
      ...{ url: "http://deb.example/linux", mirror: "http://deb.example", fetchedAt: at },
      vouchers: [{ kind: "document", document: "SHA256SUMS" }],
    },
  ],
  documents: [
    {
      ...{ name: "SHA256SUMS", file: "SHA256SUMS", bytes: 3, sha256 },
      ...{ url: "http://deb.example/SHA256SUMS", fetchedAt: at },
      vouchers: [
        {
          ...({ kind: "signature", file: "SHA256SUMS.gpg", owner: "Debian", madeAt: at } as const),
          ...{ primary: "b".repeat(40), signing: "c".repeat(40) },
        },
      ],
    },
  ],
};

describe("a manifest", () => {
  it("is read as it was written", () => {
    const text = formatManifest(manifest);
    expect(text.endsWith("}\n")).toBe(true);
    expect(parseManifest("m", text)).toEqual(manifest);
    expect(manifestId(manifest)).toEqual({ name: "debian", version: "13.2", arch: "x86_64" });
  });

  const [file] = manifest.files;
  const [document] = manifest.documents;
  it.each([
    { name: "a format of another time", change: { format: 2 }, want: /format/ },
    { name: "a version that leaves its folder", change: { version: ".." }, want: /version/ },
    { name: "a file that does", change: { files: [{ ...file, file: "../x" }] }, want: /relative/ },
    { name: "a key that it does not know", change: { colour: 1 }, want: /colour/ },
    {
      name: "a file that nobody vouches for",
      change: { files: [{ ...file, vouchers: [] }] },
      want: /vouchers/,
    },
    { name: "its own place", change: { files: [{ ...file, file: "manifest.json" }] }, want: /own/ },
    { name: "the proofs' place", change: { files: [{ ...file, file: "proof/x" }] }, want: /own/ },
    { name: "one place twice", change: { files: [file, file] }, want: /linux is named twice/ },
    { name: "a document that is not there", change: { documents: [] }, want: /SHA256SUMS/ },
    { name: "a short hash", change: { documents: [{ ...document, sha256: "a" }] }, want: /64 hex/ },
  ])("is refused with $name", ({ change, want }) => {
    const parse = () => parseManifest("m.json", JSON.stringify({ ...manifest, ...change }));
    expect(parse).toThrow(want);
    expect(parse).toThrow(/^m\.json: /);
  });

  it("is refused where it is no JSON, or too long", () => {
    expect(() => parseManifest("m", "{")).toThrow(/^m: /);
    expect(() => parseManifest("m", " ".repeat((1 << 20) + 1))).toThrow(/at most 1048576/);
  });

  it("leaves its files all places but two", () => {
    expect(["linux", "proofs", "a/manifest.json"].every(isFreePlace)).toBe(true);
    expect(["manifest.json", "proof", "proof/x"].some(isFreePlace)).toBe(false);
  });
});
