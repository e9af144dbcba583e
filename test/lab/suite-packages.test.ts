import { describe, expect, it } from "vitest";
import { findDebianSource } from "../../src/lab/suite-packages.ts";

const uri = "http://mirror.test/debian";
const signedBy = "/usr/share/keyrings/debian-archive-keyring.gpg";

describe("findDebianSource", () => {
  it.each([
    {
      name: "a stanza among others",
      texts: [
        "Types: deb\nURIs: https://other.test/node_20.x\nSuites: nodistro\nComponents: main\n",
        `Types: deb\n# a comment\nURIs: ${uri}\nSuites: bookworm bookworm-updates\nSigned-By: ${signedBy}\n\nTypes: deb\nURIs: ${uri}-security\nSuites: bookworm-security\n`,
      ],
      want: { uri, suite: "bookworm", signedBy },
    },
    {
      name: "a line",
      texts: [
        `# deb http://x/debian y main\ndeb [arch=amd64 signed-by=${signedBy}] ${uri} trixie main\n`,
      ],
      want: { uri, suite: "trixie", signedBy },
    },
    {
      name: "a line without options",
      texts: [`deb ${uri}/ sid main\n`],
      want: { uri: `${uri}/`, suite: "sid" },
    },
    {
      name: "security alone",
      texts: [`deb ${uri}-security bookworm-security main\n`],
      want: undefined,
    },
    {
      name: "sources alone",
      texts: [`Types: deb-src\nURIs: ${uri}\nSuites: bookworm\n`],
      want: undefined,
    },
    { name: "nothing", texts: [], want: undefined },
  ])("finds the archive in $name", ({ texts, want }) => {
    expect(findDebianSource(texts)).toEqual(want);
  });
});
