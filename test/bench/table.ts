import { quantile, type Series } from "./series.ts";

const Head = ["what", "contender", "median", "least", "most", "target"] as const;

/** The series as a Markdown table, in the order they were measured. */
export function formatTable(all: readonly Series[]): string {
  const rows: readonly (readonly string[])[] = [Head, ...all.map(row)];
  const widths = Head.map((_, column) =>
    Math.max(...rows.map((cells) => cells[column]?.length ?? 0)),
  );
  const text = rows.map((cells) => {
    const padded = cells.map((cell, column) => {
      const width = widths[column] ?? 0;
      return column < 2 ? cell.padEnd(width) : cell.padStart(width);
    });
    return `| ${padded.join(" | ")} |`;
  });
  const rule = widths.map((width, column) => "-".repeat(width + 1) + (column < 2 ? "-" : ":"));
  return [text[0], `|${rule.join("|")}|`, ...text.slice(1), ""].join("\n");
}

function row({
  bench,
  metric,
  unit,
  target,
  wants,
  contender,
  samples,
}: Series): readonly string[] {
  const [median, least, most] = [0.5, 0, 1].map((share) => numberText(quantile(samples, share)));
  return [
    `${bench}: ${metric}, ${unit}`,
    contender,
    ...[median ?? "", least ?? "", most ?? ""],
    target === undefined ? "" : `${wants === "more" ? "≥" : "≤"} ${target}`,
  ];
}

// Three digits say all that a spread of some per cent leaves.
function numberText(value: number): string {
  if (Number.isNaN(value)) return "none";
  return value.toFixed(value >= 100 ? 0 : value >= 10 ? 1 : 2);
}
