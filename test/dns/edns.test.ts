import { describe, expect, it } from "vitest";
import { optLength, readEdns, writeOpt } from "../../src/dns/edns.ts";
import { ByteWriter } from "../../src/wire/writer.ts";

const opt = { name: ".", ednsVersion: 0, udpPayloadSize: 4096, options: [] };
const cookie = new Uint8Array(8).fill(7);

describe("readEdns", () => {
  it("finds none, and what one says", () => {
    expect(readEdns([])).toBeUndefined();
    expect(readEdns([opt])).toEqual({ version: 0, payloadSize: 4096 });
  });

  it("takes the first cookie and passes over what it does not know", () => {
    const options = [{ code: 3 }, { code: 10, data: cookie }, { code: 10, data: cookie.fill(7) }];
    expect(readEdns([{ ...opt, options }])).toMatchObject({ cookie: { client: cookie } });
  });

  it("wants one of the root", () => {
    expect(() => readEdns([opt, opt])).toThrow("one OPT of the root");
    expect(() => readEdns([{ ...opt, name: "a" }])).toThrow("one OPT of the root");
  });
});

describe("writeOpt", () => {
  it.each([undefined, cookie])("is as long as optLength says, with cookie %s", (replyCookie) => {
    const writer = new ByteWriter();
    writeOpt(writer, 23, replyCookie);
    const edns = { version: 0, payloadSize: 512, ...(replyCookie && { replyCookie }) };
    expect(writer.finish()).toHaveLength(optLength(edns));
    expect(writer.finish()[5]).toBe(1); // the upper bits of BADCOOKIE
  });
});
