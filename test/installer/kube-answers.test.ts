import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { WireError } from "../../src/errors.ts";
import { parseNodePage, readyTrouble, refusal } from "../../src/installer/kube-answers.ts";

const node = (conditions?: readonly object[], labels: object = {}) => ({
  metadata: { name: "w1", labels },
  status: { conditions },
});
const ready = (status: string, more: object = {}) => ({ type: "Ready", status, ...more });

describe("parseNodePage", () => {
  const pressure = { type: "DiskPressure", status: "True", message: "full" };
  it.each([
    { name: "is ready", item: node([pressure, ready("True")]), want: undefined },
    { name: "tells why not", item: node([ready("False", { message: "cni" })]), want: "cni" },
    {
      name: "has a reason alone",
      item: node([ready("Unknown", { reason: "Gone" })]),
      want: "Gone",
    },
    { name: "says nothing of it", item: node([ready("False")]), want: "it does not say why" },
    { name: "is new", item: node(), want: "its kubelet has told nothing yet" },
    {
      name: "says too much",
      item: node([ready("False", { message: "x".repeat(999) })]),
      want: "x".repeat(200),
    },
  ])("reads a machine that $name", ({ item, want }) => {
    const { nodes } = parseNodePage(JSON.stringify({ items: [item] }));
    expect(nodes.map(({ unready }) => unready)).toEqual([want]);
  });

  it("keeps the labels, and where the next page begins", () => {
    const items = [node([], { a: "1" })];
    const text = JSON.stringify({ metadata: { continue: "abc" }, items });
    expect(parseNodePage(text)).toMatchObject({
      nodes: [{ name: "w1", labels: { a: "1" } }],
      more: "abc",
    });
    expect(parseNodePage(JSON.stringify({ metadata: { continue: "" }, items }))).not.toHaveProperty(
      "more",
    );
  });

  it.each(["", "[]", "null", "{}", '{"items":{}}', '{"items":[{}]}', '{"items":[null]}'])(
    "refuses %j",
    (text) => {
      expect(() => parseNodePage(text)).toThrow(WireError);
    },
  );

  it("throws nothing else, whatever comes", () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
        try {
          parseNodePage(text);
        } catch (error) {
          expect(error).toBeInstanceOf(WireError);
        }
      }),
    );
  });
});

describe("readyTrouble", () => {
  const checks = "[+]ping ok\n[-]poststarthook/rbac/bootstrap-roles failed: reason withheld\n";
  it.each([
    { status: 200, text: "ok", want: undefined },
    { status: 500, text: checks, want: "poststarthook/rbac/bootstrap-roles is not ready" },
    { status: 401, text: '{"kind":"Status","message":"Unauthorized"}', want: "401 Unauthorized" },
    { status: 502, text: "bad gateway\n", want: "502 bad gateway" },
  ])("of $status is $want", ({ status, text, want }) => {
    expect(readyTrouble(status, text)).toBe(want);
  });
});

it("tells no more of a refusal than people read", () => {
  expect(refusal(500, "x".repeat(999))).toHaveLength(204);
});
