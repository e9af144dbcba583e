/** Writes the pages that are made from code: `node scripts/docs.ts`. */
import { writeFileSync } from "node:fs";
import { renderConfigDocs } from "../src/config/docs.ts";

if (process.argv.includes("--help")) {
  console.log(
    "usage: node scripts/docs.ts   writes docs/config.md from the configuration's schema",
  );
} else {
  writeFileSync(new URL("../docs/config.md", import.meta.url), renderConfigDocs());
}
