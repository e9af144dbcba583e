/**
 * Prints the matrix of machines and DHCP modes from the boots that `test/qemu/matrix.test.ts` recorded in
 * out/boot-matrix.jsonl; `--write` puts it into the pages between their marks.
 */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { formatMatrix, type MatrixBoot } from "./boot-matrix-table.ts";

const root = join(import.meta.dirname, "..");
const pages = ["README.md", "docs/boot-matrix.md"];
const [start, end] = ["<!-- boot matrix -->", "<!-- end of boot matrix -->"];

const words = process.argv.slice(2);
if (words.some((word) => word !== "--write")) {
  console.log("usage: node scripts/boot-matrix.ts [--write]");
  process.exit(words.includes("--help") ? 0 : 2);
}
const record = join(root, "out/boot-matrix.jsonl");
if (!existsSync(record)) {
  console.error("want out/boot-matrix.jsonl, found none: npm run test:qemu writes it");
  process.exit(1);
}
const lines = readFileSync(record, "utf8").trimEnd().split("\n");
const table = formatMatrix(lines.map((line): MatrixBoot => JSON.parse(line)));
if (!words.includes("--write")) console.log(table);
else for (const page of pages) replaceBetweenMarks(join(root, page));

function replaceBetweenMarks(path: string): void {
  const text = readFileSync(path, "utf8");
  const [from, to] = [text.indexOf(start), text.indexOf(end)];
  if (from < 0 || to < from) {
    console.error(`want the line ${start} and later ${end} in ${path}`);
    process.exit(1);
  }
  writeFileSync(path, `${text.slice(0, from)}${start}\n\n${table}\n\n${text.slice(to)}`);
}
