/** Rows of cells → text; each column as wide as its widest cell, two blanks between. */
export function formatColumns(rows: readonly (readonly string[])[]): string {
  return pad(rows, (cell, width) => `${cell.padEnd(width)}  `);
}

/** The same with tabs that stand every 8 characters, as Go's tabwriter does it. */
export function formatTabbed(rows: readonly (readonly string[])[]): string {
  return pad(rows, (cell, width) => {
    const stops = Math.floor(width / 8) + 1 - Math.floor(cell.length / 8);
    return `${cell}${"\t".repeat(stops)}`;
  });
}

function pad(
  rows: readonly (readonly string[])[],
  toWidth: (cell: string, width: number) => string,
): string {
  const widths = rows.reduce<readonly number[]>((most, row) => {
    return row.map((cell, column) => Math.max(most[column] ?? 0, cell.length));
  }, []);
  const lines = rows.map((row) => {
    const last = row.length - 1;
    return row.map((cell, at) => (at === last ? cell : toWidth(cell, widths[at] ?? 0))).join("");
  });
  return `${lines.join("\n")}\n`;
}
