/** Draws a recorded boot into docs/waterfall.svg: `node scripts/picture.ts [RECORDING]`. */
import { readFileSync, writeFileSync } from "node:fs";
import { drawRecording } from "./waterfall-svg.ts";

const picture = new URL("../docs/waterfall.svg", import.meta.url);
const recording = new URL("../test/fixtures/uefi-boot.jsonl", import.meta.url);

const [argument] = process.argv.slice(2);
if (argument === "--help") {
  console.log("usage: node scripts/picture.ts [RECORDING]   writes docs/waterfall.svg");
  console.log("RECORDING: what `npm start -- --once --json --firmware uefi` printed");
} else {
  writeFileSync(picture, drawRecording(readFileSync(argument ?? recording, "utf8")));
}
