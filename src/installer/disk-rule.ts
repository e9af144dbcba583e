import { assertNever, WireError } from "../errors.ts";
import type { DiskRule } from "./cluster.ts";

const forms = "smallest, path:/dev/…, by-id:…, serial:… or first:20 (gigabytes)";

/** `smallest`, `path:/dev/sda`, `by-id:…`, `serial:…` or `first:20`; throws `WireError` otherwise. */
export function parseDiskRule(text: string): DiskRule {
  if (text === "smallest") return { kind: "smallest" };
  const [, kind, value = ""] = /^([a-z-]+):(\S{1,200})$/.exec(text) ?? [];
  if (kind === "path" && /^\/dev\/[\w./:+-]+$/.test(value)) return { kind, path: value };
  if (kind === "by-id" && /^[\w.:+-]+$/.test(value)) return { kind, id: value };
  if (kind === "serial" && /^[\w.:+-]+$/.test(value)) return { kind, serial: value };
  if (kind === "first" && /^[1-9]\d{0,5}$/.test(value)) return { kind, gigabytes: Number(value) };
  const message = `want a disk rule: ${forms}, got "${text}"`;
  throw new WireError("wire.invalid", message, { field: "disk", got: text });
}

/** The text that `parseDiskRule` reads, which the installing machine reads, too. */
export function formatDiskRule(rule: DiskRule): string {
  switch (rule.kind) {
    case "smallest":
      return "smallest";
    case "path":
      return `path:${rule.path}`;
    case "by-id":
      return `by-id:${rule.id}`;
    case "serial":
      return `serial:${rule.serial}`;
    case "first":
      return `first:${rule.gigabytes}`;
    default:
      return assertNever(rule);
  }
}

/** The device that a rule names by itself, without a look at the machine. */
export function deviceOf(rule: DiskRule): string | undefined {
  if (rule.kind === "path") return rule.path;
  return rule.kind === "by-id" ? `/dev/disk/by-id/${rule.id}` : undefined;
}
