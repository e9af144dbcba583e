import {
  isTrueAt,
  placeAt,
  type Reporter,
  type Struct,
  structAt,
  structsAt,
  textAt,
} from "../ignition-tree.ts";
import { parseUnit } from "./unit-file.ts";

const UnitEndings =
  /\.(?:service|socket|device|mount|automount|swap|target|path|timer|snapshot|slice|scope)$/;

/** Units and drop-ins of systemd, and files that would be written over them. */
export function checkUnits(config: Struct, reporter: Reporter): void {
  const units = structsAt(structAt(config, "systemd"), "units");
  const byName = new Map(units.map((one) => [textAt(one, "name"), one]));
  for (const unit of units) {
    checkUnit(unit, reporter);
    checkTemplate(unit, byName, reporter);
    for (const dropin of structsAt(unit, "dropins")) checkDropin(dropin, reporter);
  }
  checkConflicts(config, units, reporter);
}

function checkUnit(unit: Struct, reporter: Reporter): void {
  const name = textAt(unit, "name") ?? "";
  if (!UnitEndings.test(name)) {
    const message = `want a name such as x.service, got ${name || "none"}`;
    reporter.error(placeAt(unit, "name"), message);
  }
  const contents = textAt(unit, "contents") ?? "";
  const parsed = parseUnit(contents);
  const place = placeAt(unit, "contents");
  if (parsed.kind === "broken") reporter.error(place, parsed.reason);
  else if (contents !== "" && isTrueAt(unit, "enabled") && !parsed.sections.has("Install")) {
    reporter.warn(place, `${name} is enabled, but without [Install] nothing starts it`);
  }
}

// `enabled` on an instance is done by the [Install] of its template.
function checkTemplate(
  unit: Struct,
  units: ReadonlyMap<string | undefined, Struct>,
  reporter: Reporter,
): void {
  const name = textAt(unit, "name") ?? "";
  const base = /^(.+?)@.+?\.service$/.exec(name)?.[1];
  const template = base === undefined ? undefined : units.get(`${base}@.service`);
  const contents = template && textAt(template, "contents");
  if (!contents || !isTrueAt(unit, "enabled")) return;
  const parsed = parseUnit(contents);
  if (parsed.kind === "parsed" && !parsed.sections.has("Install")) {
    const message = `${name} is enabled, but ${base}@.service has no [Install]`;
    reporter.warn(placeAt(unit, "contents"), message);
  }
}

function checkDropin(dropin: Struct, reporter: Reporter): void {
  const name = textAt(dropin, "name") ?? "";
  if (!name.endsWith(".conf")) {
    const message = `want a name such as x.conf, got ${name || "none"}`;
    reporter.error(placeAt(dropin, "name"), message);
  }
  const parsed = parseUnit(textAt(dropin, "contents") ?? "");
  if (parsed.kind === "broken") reporter.error(placeAt(dropin, "contents"), parsed.reason);
}

function checkConflicts(config: Struct, units: readonly Struct[], reporter: Reporter): void {
  const written = new Set(units.flatMap(unitPaths));
  const storage = structAt(config, "storage");
  for (const node of ["files", "directories", "links"].flatMap((one) => structsAt(storage, one))) {
    const path = textAt(node, "path");
    if (path === undefined || !written.has(path)) continue;
    reporter.error(placeAt(node, "path"), `systemd.units writes ${path} too`);
  }
}

function unitPaths(unit: Struct): readonly string[] {
  const path = `/etc/systemd/system/${textAt(unit, "name") ?? ""}`;
  const dropins = structsAt(unit, "dropins").filter((one) => textAt(one, "contents"));
  return [
    ...(textAt(unit, "contents") ? [path] : []),
    ...dropins.map((one) => `${path}.d/${textAt(one, "name") ?? ""}`),
  ];
}
