/** A source of choices that one seed decides (mulberry32): a failure is told by its seed. */
export class Dice {
  #state: number;

  constructor(seed: number) {
    this.#state = seed;
  }

  below(count: number): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % count;
  }

  pick<T>(items: readonly [T, ...T[]]): T {
    return items[this.below(items.length)] ?? items[0];
  }
}

/** A template that mostly makes sense, and now and then does not. */
export function randomTemplate(dice: Dice): string {
  const body = Array.from({ length: 1 + dice.below(4) }, () => statement(dice, 3)).join("");
  const prefix = dice.below(6) === 0 ? `{{define "t"}}${statement(dice, 1)}{{end}}` : "";
  const whole = `{{$x := .l}}{{$i := 1}}${prefix}${body}`;
  if (dice.below(12) > 0) return whole;
  const at = dice.below(whole.length + 1); // a slip of the pen
  const slip = dice.pick(["", "{{", "}}", "(", ")", '"', "|", " ", ".", "$x", "é", "'", "-", "\n"]);
  return whole.slice(0, at) + slip + whole.slice(at + dice.below(3));
}

/** What the random templates speak of. */
export const randomData = {
  i: 3,
  z: 0,
  f: 1.5,
  half: -2.25,
  big: 1234567,
  huge: 1e21,
  tiny: 1e-7,
  s: "str",
  u: "Grüße, 世界",
  q: "a\"b\\c'd<e>&f\n\t=\u0001\u2028",
  t: true,
  no: false,
  n: null,
  e: "",
  l: ["a", "b", "c"],
  nl: [1, 2.5, 3e6, null, "x", true],
  el: [],
  m: { z: 1, a: 2, k: "v", n: null, é: [1] },
  em: {},
  lm: [
    { k: "v1", p: 80 },
    { k: "v2", p: 443 },
  ],
  "some-dash": "d",
  request: { query: { x: "1", "os-name": "fcos" }, raw_query: "x=1&os-name=fcos" },
};

function statement(dice: Dice, depth: number): string {
  const open = dice.pick(["{{", "{{", "{{", "{{- "]);
  const close = dice.pick(["}}", "}}", "}}", " -}}"]);
  const wrap = (text: string) => open + text + close;
  const inner = () => (depth > 0 ? statement(dice, depth - 1) : "x");
  const otherwise = () => (dice.below(2) ? `{{else}}${inner()}` : "");
  switch (dice.below(14)) {
    case 0:
    case 1:
      return dice.pick(["text", " \n ", "é ", "a\n\tb", "}}", "{ {"]);
    case 2:
      return `${wrap(`if ${pipe(dice, 2)}`)}${inner()}${otherwise()}{{end}}`;
    case 3:
      return `${wrap(`with ${dice.pick(["", "$x := "])}${pipe(dice, 2)}`)}${inner()}${otherwise()}{{end}}`;
    case 4:
    case 5: {
      const names = dice.pick(["", "", "$x := ", "$i, $x := "]);
      const jump = dice.pick(["", "", `{{if ${pipe(dice, 1)}}}{{break}}{{end}}`, "{{continue}}"]);
      return `${wrap(`range ${names}${collection(dice)}`)}${jump}${inner()}${otherwise()}{{end}}`;
    }
    case 6:
      return wrap(`${dice.pick(["$x := ", "$i := ", "$x = "])}${pipe(dice, 2)}`);
    case 7:
      return wrap(dice.pick(["/* note */", "$x", 'template "t" $', 'template "t" .']));
    case 8:
      return `${wrap(`block "b${dice.below(60)}" $`)}${inner()}{{end}}`;
    default:
      return wrap(pipe(dice, 2));
  }
}

function pipe(dice: Dice, depth: number): string {
  const first = dice.below(3) === 0 ? operand(dice, depth) : call(dice, depth);
  return dice.below(5) === 0 ? `${first} | ${printing(dice, depth)}` : first;
}

function call(dice: Dice, depth: number): string {
  switch (dice.below(9)) {
    case 0:
      return `${dice.pick(["eq", "ne", "lt", "le", "gt", "ge"])} ${alike(dice)}`;
    case 1:
      return dice.pick(["len ", "not "]) + dice.pick([collection(dice), "$.s", "$.u", "$.e"]);
    case 2:
      return member(dice);
    case 3:
      return `${dice.pick(["and", "or"])}${args(dice, depth, 2)} ${operand(dice, depth - 1)}`;
    case 4: // most often wrong
      return `${dice.pick(["len", "index", "slice", "eq", "lt", "call"])}${args(dice, depth, 3)}`;
    default:
      return printing(dice, depth);
  }
}

function printing(dice: Dice, depth: number): string {
  if (dice.below(2) === 0) return `printf ${JSON.stringify(format(dice))}${args(dice, depth, 3)}`;
  return dice.pick(["print", "println", "html", "js", "urlquery"]) + args(dice, depth, 3);
}

function args(dice: Dice, depth: number, most: number): string {
  const count = dice.below(most + 1);
  return Array.from({ length: count }, () => ` ${operand(dice, depth - 1)}`).join("");
}

// Two values that have an order.
function alike(dice: Dice): string {
  const kind = dice.pick([
    ["1", "-7", "0x10", "(len $.l)", "(index $.u 2)"],
    ["1.5", "$.i", "$.f", "$.half", "3.0"],
    ["$.s", '"str"', "$.e", "$.u", "`z`", "$.request.query.x"],
  ]);
  return [0, 1].map(() => kind[dice.below(kind.length)]).join(" ");
}

function collection(dice: Dice): string {
  return dice.pick(["$.l", "$.nl", "$.el", "$.m", "$.em", "$.lm", "$.request.query", "$.n", "$"]);
}

function member(dice: Dice): string {
  const at = () => dice.pick(["0", "1", "2", "3"]);
  switch (dice.below(5)) {
    case 0:
      return `slice ${dice.pick(["$.s", "$.u", "$.l", "$.nl"])} ${at()}`;
    case 1:
      return `slice ${dice.pick(["$.s", "$.u", "$.l", "$.nl"])} ${at()} ${at()}`;
    case 2:
      return `index ${dice.pick(["$.s", "$.u", "$.l", "$.nl", "$.lm"])} ${at()}`;
    case 3:
      return `index $.lm ${dice.pick(["0", "1"])} ${dice.pick(['"k"', '"p"', '"x"'])}`;
    default:
      return `index ${dice.pick(["$", "$.m", "$.request.query"])} ${dice.pick(['"x"', '"s"', '"é"'])}`;
  }
}

function format(dice: Dice): string {
  const directive = () => {
    const marks = dice.pick(["", "", "", "#", "+", "-", " ", "0", "+0", "-0", "# ", "+#"]);
    const index = dice.pick(["", "", "", "", "", "[1]", "[2]", "[0]", "[x]", "[1"]);
    const width = dice.pick(["", "", "", "1", "8", "12", "*"]);
    const precision = dice.pick(["", "", "", ".", ".0", ".1", ".3", ".20", ".*"]);
    const verb = dice.pick(Verbs);
    return `%${marks}${index}${width}${precision}${verb}`;
  };
  return Array.from({ length: 1 + dice.below(2) }, directive).join(dice.pick(["", "|", " é "]));
}

const Verbs: readonly [string, ...string[]] = ["", "é", ..."vvssqdxXobOcUeEfFgGtT%z!"];

function operand(dice: Dice, depth: number): string {
  if (depth > 0 && dice.below(5) === 0) return `(${pipe(dice, depth - 1)})`;
  switch (dice.below(9)) {
    case 0:
      return dice.pick([".", "$", "$x", "$i", "$.l", "nil", "$.m.none", "$x.k"]);
    case 1:
      return dice.pick(["0", "1", "-1", "0x1F", "1e3", "1.5", "3.0", "017", "1_000", "'x'"]);
    case 2:
      return dice.pick(['"k"', '"str"', '"é\\n"', "`a\\b`", '"\\xff\\u4e16"', '""', "'é'", "true"]);
    case 3:
      return dice.pick(["$.request.query.x", "$.request.query", "$.m.k", "$.m.é", "$.lm"]);
    case 4:
      return dice.pick(['(index $ "some-dash")', "(index $.l 1)", '(index $.request.query "no")']);
    default: {
      const names = Object.keys(randomData).filter((name) => /^\w+$/.test(name));
      return `${dice.pick(["$", "$", "$", ""])}.${names[dice.below(names.length)]}`;
    }
  }
}
