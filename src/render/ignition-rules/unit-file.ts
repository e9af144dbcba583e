/** A unit file, or the reason why systemd would not read it. */
export type UnitFile =
  /** Sections that set something; a header alone is none. */
  | { readonly kind: "parsed"; readonly sections: ReadonlySet<string> }
  | { readonly kind: "broken"; readonly reason: string };

/** systemd cuts off what is beyond it. */
const lineMax = 2048;

/** The sections of a unit file, by systemd.syntax(7). What comes before the first is ignored. */
export function parseUnit(text: string): UnitFile {
  const sections = new Set<string>();
  let section: string | undefined;
  let continues = false;
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    const broken = (reason: string): UnitFile => {
      return { kind: "broken", reason: `line ${index + 1} of the unit: ${reason}` };
    };
    if (line.length >= lineMax) return broken(`want less than ${lineMax} bytes`);
    const words = line.trim();
    const belongsAbove = continues;
    continues = words.endsWith("\\");
    if (belongsAbove || words === "") continue;
    if (words.startsWith("[")) {
      const header = /^\[([^\]]*)\]\s*(.*)$/.exec(words);
      if (header === null) return broken("want ] after the name of the section");
      if (header[2]) return broken(`want nothing after the section, got ${header[2]}`);
      section = header[1] ?? "";
      continues = false;
    } else if (section !== undefined && !/^[#;]/.test(words)) {
      if (!words.includes("=")) return broken(`want name=value, got ${words.slice(0, 40)}`);
      sections.add(section);
    }
  }
  return { kind: "parsed", sections };
}
