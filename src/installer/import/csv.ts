import { WireError } from "../../errors.ts";

/** Fields of a line, and where it begins. */
export type CsvRow = { readonly line: number; readonly cells: readonly string[] };

const textMax = 4_000_000;

/**
 * Reads RFC 4180 and what spreadsheets write besides: semicolons or tabs, whichever the first line has
 * most of, a byte order mark, blank lines. Throws `WireError` for a quote that does not end.
 */
export function parseCsv(given: string): readonly CsvRow[] {
  if (given.length > textMax) {
    const message = `want at most ${textMax} characters, got ${given.length}`;
    throw new WireError("wire.too-long", message, { field: "csv" });
  }
  const text = given.replace(/^\uFEFF/, "");
  const separator = separatorOf(text.split(/\r?\n/, 1)[0] ?? "");
  const field = new RegExp(`"((?:[^"]|"")*)"|(?!")([^${separator}\\r\\n]*)`, "y");
  const lineEnd = /\r?\n|\r/y;
  const take = (sticky: RegExp): RegExpExecArray | null => {
    sticky.lastIndex = at;
    const found = sticky.exec(text);
    at += found?.[0].length ?? 0;
    line += found?.[0].split("\n").length ?? 1;
    line -= 1;
    return found;
  };
  const rows: CsvRow[] = [];
  let row = { line: 1, cells: [] as string[] };
  let [at, line] = [0, 1];
  const endRow = () => {
    if (row.cells.some((cell) => cell !== "")) rows.push(row);
    row = { line, cells: [] };
  };
  for (let isMore = text !== ""; isMore; ) {
    const [, quoted, plain = ""] = take(field) ?? [];
    row.cells.push((quoted === undefined ? plain : quoted.replaceAll('""', '"')).trim());
    if (text[at] === separator) at += 1;
    else if (take(lineEnd)) {
      endRow();
      isMore = at < text.length;
    } else if (at < text.length) throw unclosed(line);
    else isMore = false;
  }
  endRow();
  return rows;
}

function separatorOf(line: string): string {
  const counts = [",", ";", "\t"].map((mark) => ({ mark, count: line.split(mark).length }));
  return counts.reduce((most, one) => (one.count > most.count ? one : most)).mark;
}

function unclosed(line: number): WireError {
  const message = `line ${line}: want a separator after a quoted field, and a quote at its end`;
  return new WireError("wire.invalid", message, { field: "csv" });
}
