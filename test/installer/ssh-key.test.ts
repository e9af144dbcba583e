import { generateKeyPairSync } from "node:crypto";
import { describe, expect, it } from "vitest";
import { readSshKey } from "../../src/installer/ssh-key.ts";

const field = (bytes: Uint8Array) => {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return Buffer.concat([length, bytes]);
};
const line = (type: string, ...rest: readonly Buffer[]) =>
  `${type} ${Buffer.concat([field(Buffer.from(type)), ...rest.map(field)]).toString("base64")}`;
const ed25519 = line("ssh-ed25519", Buffer.alloc(32, 7));

describe("readSshKey", () => {
  const pem = generateKeyPairSync("ed25519").privateKey.export({ type: "pkcs8", format: "pem" });
  it.each([
    { name: "a public key", text: ed25519, want: "public" },
    { name: "one with a comment of words", text: `${ed25519} anna at home\n`, want: "public" },
    {
      name: "RSA",
      text: line("ssh-rsa", Buffer.of(1, 0, 1), Buffer.alloc(257, 3)),
      want: "public",
    },
    { name: "a private key", text: pem.toString(), want: "private" },
    { name: "PuTTY's", text: "PuTTY-User-Key-File-3: ssh-ed25519", want: "private" },
    { name: "a cut key", text: ed25519.slice(0, -8), want: "unreadable" },
    {
      name: "the type of another",
      text: ed25519.replace("ssh-ed25519", "ssh-rsa"),
      want: "unreadable",
    },
    { name: "two lines", text: `${ed25519} a\n${ed25519} b`, want: "unreadable" },
    { name: "nothing", text: "", want: "unreadable" },
    { name: "a type alone", text: "ssh-rsa", want: "unreadable" },
  ])("$name is $want", ({ text, want }) => {
    expect(readSshKey(text)).toBe(want);
  });
});
