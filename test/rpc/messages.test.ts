import { fromBinary, toBinary } from "@bufbuild/protobuf";
import fc from "fast-check";
import { expect, it } from "vitest";
import { WireError } from "../../src/errors.ts";
import {
  formatGroupMessage,
  formatProfileMessage,
  parseGroupMessage,
  parseProfileMessage,
  parsePutGroup,
  parsePutProfile,
} from "../../src/rpc/messages.ts";
import { GroupSchema, ProfileSchema } from "../../src/rpc/proto/storage_pb.ts";

const text = fc.string({ unit: "grapheme" });
const texts = fc.array(text);
const boot = fc.record({ kernel: text, initrd: texts, args: texts });
const ids = { id: text, name: text, ignitionId: text, cloudId: text, genericId: text };
const profile = fc.oneof(fc.record(ids), fc.record({ ...ids, boot }));
const metadata = fc.dictionary(text, fc.jsonValue({ depthSize: "small" }));
const group = fc.record({
  ...{ id: text, name: text, profile: text, metadata },
  selector: fc.dictionary(text, text, { noNullPrototype: true }),
});

it("a profile comes back from the wire as it went", () => {
  fc.assert(
    fc.property(profile, (given) => {
      const wire = toBinary(ProfileSchema, formatProfileMessage(given));
      expect(parseProfileMessage(fromBinary(ProfileSchema, wire))).toEqual(given);
    }),
  );
});

it("a group comes back from the wire as it went", () => {
  fc.assert(
    fc.property(group, (given) => {
      // JSON's own way with it: no prototype games, no -0.
      const plain = JSON.parse(JSON.stringify(given));
      const wire = toBinary(GroupSchema, formatGroupMessage(plain));
      expect(parseGroupMessage(fromBinary(GroupSchema, wire))).toEqual(plain);
    }),
  );
});

it("whatever a put holds, it is taken or refused with WireError", () => {
  fc.assert(
    fc.property(fc.uint8Array(), text, text, (bytes, id, name) => {
      const message = formatGroupMessage({ id, name, profile: id, selector: {}, metadata: {} });
      try {
        parsePutGroup({ ...message, metadata: bytes });
        parsePutProfile(undefined);
      } catch (error) {
        expect(error).toBeInstanceOf(WireError);
      }
    }),
  );
});
