import { describe, expect, it } from "vitest";
import { splitClearsigned } from "../../../src/assets/image/clearsigned.ts";

const armor = "-----BEGIN PGP SIGNATURE-----\n\nabc\n-----END PGP SIGNATURE-----\n";
const frame = (text: string, hash = "Hash: SHA512\n") =>
  `-----BEGIN PGP SIGNED MESSAGE-----\n${hash}\n${text}\n${armor}`;
const split = (text: string) => splitClearsigned(Buffer.from(text));

describe("splitClearsigned", () => {
  it.each([
    { name: "plain lines", given: "a\nb", text: "a\nb\n", canonical: "a\r\nb" },
    { name: "blanks at line ends", given: "a \t\nb\r", text: "a\nb\n", canonical: "a\r\nb" },
    { name: "dashes", given: "- -a\n- - b\n-", text: "-a\n- b\n\n", canonical: "-a\r\n- b\r\n" },
    { name: "empty lines", given: "\na\n", text: "\na\n\n", canonical: "\r\na\r\n" },
    { name: "letters beyond ASCII", given: "Größe", text: "Größe\n", canonical: "Größe" },
  ])("reads $name", ({ given, text, canonical }) => {
    const parts = split(frame(given));
    expect(parts.text).toBe(text);
    expect(Buffer.from(parts.canonical).toString()).toBe(canonical);
    expect(parts.signature).toBe(armor);
  });

  it("needs no header", () => {
    expect(split(frame("a", "")).text).toBe("a\n");
  });

  it.each([
    { name: "text before it", text: `Version: 9\n${frame("a")}` },
    { name: "text behind it", text: `${frame("a")}Version: 9\n` },
    { name: "a second signed text", text: frame("a") + frame("b") },
    { name: "a second signature", text: frame("a") + armor },
    { name: "other headers", text: frame("a", "NotDashEscaped: yes\n") },
    { name: "text for a header", text: frame("a", "Version: 9\n") },
    { name: "a dash that is not escaped", text: frame("-a") },
    { name: "no end", text: frame("a").replace("-----END PGP SIGNATURE-----\n", "") },
    { name: "nothing", text: "" },
  ])("refuses $name", ({ text }) => {
    expect(() => split(text)).toThrow(/clearsigned text: want/);
  });
});
