import { expect, it } from "vitest";
import { checkUserData } from "../../src/render/cloud-config.ts";

it.each([
  { name: "a cloud-config", text: "#cloud-config\nhostname: a\n", kind: "cloud-config" },
  {
    name: "CRLF and blanks behind the mark",
    text: "#cloud-config \t\r\na: b\r\n",
    kind: "cloud-config",
  },
  {
    name: "unknown keys and strange types",
    text: "#cloud-config\nusers: 7\nx: [y]\n",
    kind: "cloud-config",
  },
  { name: "repeated keys", text: "#cloud-config\na: 1\na: 2\n", kind: "cloud-config" },
  { name: "the mark alone", text: "#cloud-config", kind: "cloud-config" },
  { name: "a script of any text", text: "#!/bin/sh\n{ [", kind: "script" },
  { name: "broken YAML", text: "#cloud-config\na: [\n", kind: "invalid" },
  { name: "a blank before the mark", text: " #cloud-config\na: b\n", kind: "invalid" },
  { name: "another first line", text: "hostname: a\n", kind: "invalid" },
  { name: "a line before the mark", text: "\n#cloud-config\n", kind: "invalid" },
  { name: "nothing", text: "", kind: "invalid" },
])("takes $name as $kind", ({ text, kind }) => {
  expect(checkUserData(text).kind).toBe(kind);
});
