import { describe, expect, it } from "vitest";
import { assertNever, ErrorTable, KindlingError, WireError } from "../src/errors.ts";

describe("ErrorTable", () => {
  it.each(Object.entries(ErrorTable))("%s is a failure everywhere it is told", (code, row) => {
    expect(code).toMatch(/^[a-z]+(?:-[a-z]+)*(?:\.[a-z]+(?:-[a-z]+)*)?$/);
    expect(row.http).toBeGreaterThanOrEqual(400);
    expect(row.exit).toBeGreaterThan(0);
    expect(row.exit).toBeLessThan(126); // the shell's own: not executable, not found, signals
  });
});

describe("KindlingError", () => {
  it("carries its code, fields for the log and the cause", () => {
    const cause = new Error("EACCES");
    const error = new KindlingError("port.forbidden", "no rights", { port: 67 }, cause);
    expect(error).toMatchObject({ code: "port.forbidden", details: { port: 67 }, cause });
  });

  it("has no cause where none was given", () => {
    expect("cause" in new KindlingError("timeout", "too late")).toBe(false);
  });
});

describe("WireError", () => {
  it("is a KindlingError with its own name", () => {
    const error = new WireError("wire.truncated", "short", { field: "xid", offset: 4 });
    expect(error).toBeInstanceOf(KindlingError);
    expect(error).toMatchObject({ name: "WireError", details: { field: "xid", offset: 4 } });
  });
});

describe("assertNever", () => {
  it("names the value that no arm took", () => {
    // What the compiler forbids is what a foreign value does at run time.
    expect(() => assertNever({ kind: "new" } as never)).toThrow('no arm for {"kind":"new"}');
  });
});
