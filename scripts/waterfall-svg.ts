import { parseEvent } from "../src/boot/event-json.ts";
import { foldTimelines, type Timeline } from "../src/boot/timeline.ts";
import { renderWaterfall } from "../src/render/waterfall.ts";

const columns = 104;
// Pixels: a monospaced letter is 0.6 of its height wide in every font of the list below.
const letter = { width: 7.8, height: 13 } as const;
const line = 19;
const margin = 14;

/** The first boot in the lines that `kindling lab --json` printed, as a picture. */
export function drawRecording(text: string): string {
  const lines = text.split("\n").filter((one) => one !== "");
  const said = lines.map((one): { kind: string; event?: unknown } => JSON.parse(one));
  const events = said.flatMap(({ kind, event }) =>
    kind === "event" ? [parseEvent(JSON.stringify(event))] : [],
  );
  const [boot] = foldTimelines(events);
  if (boot === undefined) throw new Error("want the events of a machine's boot, got none");
  return renderWaterfallSvg(boot);
}

// The lab's own text, with its bars as rectangles.
function renderWaterfallSvg(boot: Timeline): string {
  const rows = renderWaterfall(boot, { width: columns });
  const width = Math.ceil(columns * letter.width + 2 * margin);
  const height = rows.length * line + 2 * margin;
  const stages = rows.slice(1).map((row) => row.slice(0, row.indexOf("  ")));
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img">`,
    `<title>${xmlText(`One boot, step by step: ${stages.join(", ")}`)}</title>`,
    `<style>${style}</style>`,
    `<rect class="paper" width="100%" height="100%" rx="6"/>`,
    ...rows.flatMap(renderRow),
    "</svg>",
    "",
  ].join("\n");
}

const style = [
  `text{font:${letter.height}px ui-monospace,Menlo,Consolas,"DejaVu Sans Mono",monospace;fill:#1f2328}`,
  ".paper{fill:#f6f8fa}.bar{fill:#1a7f37}.failed{fill:#cf222e}",
  "@media(prefers-color-scheme:dark){text{fill:#e6edf3}",
  ".paper{fill:#161b22}.bar{fill:#3fb950}.failed{fill:#f85149}}",
].join("");

// Each run of words stands at the column it has in the text, so the table holds in any font.
function renderRow(text: string, index: number): readonly string[] {
  const top = margin + index * line;
  const bars = [...text.matchAll(/[█░✗]+/g)].map(({ 0: cells, index: at }) => {
    const className = cells.startsWith("✗") ? "failed" : "bar";
    const size = `width="${px(cells.length)}" height="${line - 6}"`;
    return `<rect class="${className}" x="${px(at, margin)}" y="${top + 3}" ${size}/>`;
  });
  const words = [...text.replace(/[█░✗·]/g, " ").matchAll(/\S+(?: \S+)*/g)].map((found) => {
    const [run] = found;
    return `<text x="${px(found.index, margin)}" y="${top + letter.height}">${xmlText(run)}</text>`;
  });
  return [...bars, ...words];
}

function px(letters: number, offset = 0): string {
  return String(Number((letters * letter.width + offset).toFixed(1)));
}

function xmlText(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
