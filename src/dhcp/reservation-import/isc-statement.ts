/** A statement of dhcpd.conf: words up to `;`, or up to a block in braces. */
export type IscStatement = {
  readonly line: number;
  readonly words: readonly string[];
  /** The statements in braces; absent where there are none. */
  readonly block?: readonly IscStatement[];
};

/** What could not be read, and where. */
export type IscFault = { readonly line: number; readonly text: string };

type Token = { readonly line: number; readonly text: string; readonly isQuoted: boolean };

/** How deep blocks may nest; dhcpd's own files nest four or five. */
const depthLimit = 32;

/** The syntax of dhcpd.conf(5) and of dhcpd.leases(5), without a meaning; never throws. */
export function parseIsc(text: string): {
  readonly statements: readonly IscStatement[];
  readonly faults: readonly IscFault[];
} {
  const reader = new Reader(tokensOf(text));
  const statements = reader.block(0);
  return { statements, faults: reader.faults };
}

function tokensOf(text: string): readonly Token[] {
  const tokens: Token[] = [];
  let line = 1;
  // A string may have its quote escaped; what is not closed ends with its line.
  const pattern = /\n|#[^\n]*|"((?:[^"\\\n]|\\[^\n])*)"?|([{};,=])|[^\s{};,="#]+/g;
  for (const [whole, quoted] of text.matchAll(pattern)) {
    if (whole === "\n") line += 1;
    else if (!whole.startsWith("#")) {
      const isQuoted = quoted !== undefined;
      tokens.push({ line, text: quoted ?? whole, isQuoted });
    }
  }
  return tokens;
}

class Reader {
  readonly #tokens: readonly Token[];
  #at = 0;
  readonly faults: IscFault[] = [];

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  block(depth: number): readonly IscStatement[] {
    const statements: IscStatement[] = [];
    let words: Token[] = [];
    for (;;) {
      const token = this.#tokens[this.#at];
      if (token === undefined) {
        this.#fault(words, depth > 0 ? "a block has no end" : undefined);
        return statements;
      }
      this.#at += 1;
      if (token.isQuoted || !/^[{};]$/.test(token.text)) words.push(token);
      else if (token.text === "}") {
        this.#fault(words);
        words = [];
        if (depth > 0) return statements;
        this.faults.push({ line: token.line, text: "}" });
      } else {
        const opens = token.text === "{";
        const line = words[0]?.line ?? token.line;
        const block = opens ? this.#inner(depth + 1, line) : undefined;
        const text = words.map((word) => word.text);
        if (text.length > 0 || opens) {
          statements.push({ line, words: text, ...(block && { block }) });
        }
        words = [];
      }
    }
  }

  #inner(depth: number, line: number): readonly IscStatement[] {
    if (depth <= depthLimit) return this.block(depth);
    this.faults.push({ line, text: `blocks nest deeper than ${depthLimit}` });
    this.#at = this.#tokens.length;
    return [];
  }

  #fault(words: readonly Token[], text = words.map((word) => word.text).join(" ")): void {
    const line = words[0]?.line ?? this.#tokens.at(-1)?.line ?? 1;
    if (text !== "") this.faults.push({ line, text });
  }
}
