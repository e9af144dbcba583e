import { describe, expect, it } from "vitest";
import { readReport } from "../../src/http/report.ts";

describe("readReport", () => {
  const posted = { stage: "writing", bytes: 5, total: 10, message: "vda" };
  it.each([
    {
      name: "the query",
      labels: { stage: "up", message: "a\nb" },
      want: { stage: "up", message: "a b" },
    },
    { name: "a body", body: posted, want: posted },
    {
      name: "the query before a body",
      labels: { stage: "up" },
      body: posted,
      want: { ...posted, stage: "up" },
    },
    {
      name: "amounts in the query",
      labels: { stage: "x", bytes: "3" },
      want: { stage: "x", bytes: 3 },
    },
    {
      name: "amounts that are none",
      body: { stage: "x", bytes: -1, total: 1e30 },
      want: { stage: "x" },
    },
    {
      name: "a message that is none",
      body: { stage: "x", message: { a: 1 } },
      want: { stage: "x" },
    },
    { name: "a body that is no JSON", labels: { stage: "x" }, body: "mac=x", want: { stage: "x" } },
    { name: "a body that is a list", labels: { stage: "x" }, body: [1], want: { stage: "x" } },
  ])("takes $name", ({ labels = {}, body = "", want }) => {
    const text = typeof body === "string" ? body : JSON.stringify(body);
    expect(readReport(labels, text)).toEqual({ kind: "report", report: want });
  });

  it.each([{}, { stage: "" }, { stage: "a b" }, { stage: "x".repeat(33) }, { stage: "__proto__" }])(
    "wants a stage, got %s",
    (labels) => {
      expect(readReport(labels, "{}")).toMatchObject({ kind: "refused" });
    },
  );
});
