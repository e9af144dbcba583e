import { ConfigShape } from "../ignition-schema.ts";
import { type Reporter, type Struct, structAt } from "../ignition-tree.ts";
import { checkDisks } from "./disk.ts";
import { checkDuplicates } from "./duplicate.ts";
import { checkFilesystems } from "./filesystem.ts";
import { checkLuks } from "./luks.ts";
import { checkNodes } from "./node.ts";
import { checkIgnitionSection } from "./resource.ts";
import { checkUnits } from "./unit.ts";

/** Tells what an Ignition of version 3.`minor` would refuse or pass over in a configuration. */
export function checkIgnition(config: Struct, minor: number, reporter: Reporter): void {
  const storage = structAt(config, "storage");
  checkDuplicates(config, ConfigShape, reporter);
  checkIgnitionSection(structAt(config, "ignition"), minor, reporter);
  checkDisks(storage, reporter);
  checkFilesystems(storage, minor, reporter);
  checkLuks(storage, minor, reporter);
  checkNodes(storage, minor, reporter);
  checkUnits(config, reporter);
}
