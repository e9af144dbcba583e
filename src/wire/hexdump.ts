/** Classic 16-column dump with offsets, for debug logs and test failures. */
export function formatHexdump(bytes: Uint8Array): string {
  const lines: string[] = [];
  for (let at = 0; at < bytes.length; at += 16) {
    const row = Array.from(bytes.subarray(at, at + 16));
    const hex = row.map((octet) => octet.toString(16).padStart(2, "0")).join(" ");
    const text = row.map((octet) =>
      octet >= 32 && octet < 127 ? String.fromCharCode(octet) : ".",
    );
    lines.push(`${at.toString(16).padStart(4, "0")}  ${hex.padEnd(47)}  ${text.join("")}`);
  }
  return lines.join("\n");
}
