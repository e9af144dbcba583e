/** Keys and values of a section; a list repeats the key. */
export type UnitSection = Readonly<Record<string, string | readonly string[]>>;

/** A unit file of systemd. A backslash, a percent sign or a quote in a value is the caller's affair. */
export function formatUnit(sections: Readonly<Record<string, UnitSection>>): string {
  return `${Object.entries(sections)
    .map(([name, section]) => [`[${name}]`, ...linesOf(section)].join("\n"))
    .join("\n\n")}\n`;
}

/** One command over several lines: the program, then a flag a line. */
export function formatCommand(program: string, flags: Readonly<Record<string, string>>): string {
  const words = Object.entries(flags).map(([flag, value]) => `  --${flag}=${value}`);
  return [program, ...words].join(" \\\n");
}

/** Lines for `EnvironmentFile=`, which a shell can source, too; throws for what neither could. */
export function formatEnvironment(values: Readonly<Record<string, string>>): string {
  return Object.entries(values)
    .map(([name, value]) => {
      if (/["$`\\\n]/.test(value)) throw new RangeError(`${name}: cannot be quoted: ${value}`);
      return `${name}="${value}"\n`;
    })
    .join("");
}

function linesOf(section: UnitSection): readonly string[] {
  return Object.entries(section).flatMap(([key, value]) => {
    return (typeof value === "string" ? [value] : value).map((one) => `${key}=${one}`);
  });
}
