/** Writes the pages, or parts of them, that are made from code: `node scripts/docs.ts`. */
import { readFileSync, writeFileSync } from "node:fs";
import { renderConfigDocs } from "../src/config/docs.ts";
import { fillClusterPage } from "./docs-cluster.ts";

const page = (name: string) => new URL(`../docs/${name}`, import.meta.url);

if (process.argv.includes("--help")) {
  console.log(
    "usage: node scripts/docs.ts   writes docs/config.md and the tables of docs/cluster.md",
  );
} else {
  writeFileSync(page("config.md"), renderConfigDocs());
  writeFileSync(page("cluster.md"), fillClusterPage(readFileSync(page("cluster.md"), "utf8")));
}
