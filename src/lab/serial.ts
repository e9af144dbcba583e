/** Longest line that is kept whole; a guest that never ends its line is cut here. */
const lineLimit = 4096;

// Control sequences: CSI with parameters, character set choices, and other two-character escapes.
const Escapes = [
  "\\x1b\\[[0-9;?=]*[A-Za-z]", // CSI
  "\\x1b[()][0-9A-B]", // character set
  "\\x1b[^\\[()]", // the rest are one character long
];
const escapes = new RegExp(Escapes.join("|"), "g");

/** Turns what a serial port sends into lines of plain text, whatever the cut of the chunks. */
export class SerialText {
  #pending = "";

  /** Takes bytes and returns the lines they completed; empty lines are left out. */
  feed(chunk: Uint8Array): readonly string[] {
    const text = this.#pending + Buffer.from(chunk).toString("latin1");
    const parts = text.split(/[\r\n]+/);
    this.#pending = (parts.pop() ?? "").slice(-lineLimit);
    return parts.flatMap(plainLine);
  }

  /** The unfinished line, when no more will come. */
  end(): readonly string[] {
    const rest = this.#pending;
    this.#pending = "";
    return plainLine(rest);
  }
}

function plainLine(text: string): readonly string[] {
  const plain = text.replace(escapes, "").trimEnd();
  return plain === "" ? [] : [plain.slice(0, lineLimit)];
}
