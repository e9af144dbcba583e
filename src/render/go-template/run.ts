import { textOf } from "./bytes.ts";
import { placeOf, TemplateError } from "./error.ts";
import { type Command, formatNode, type Operand, type Statement } from "./node.ts";
import type { ParsedTemplate } from "./parser.ts";
import { quote } from "./quote.ts";
import type { Value } from "./value.ts";

/** What one rendering may use, so that no template can hold the daemon. */
export type TemplateLimits = {
  /** Statements and commands that are run. */
  readonly stepsMax: number;
  /** Bytes of the output, and of each string on the way. */
  readonly bytesMax: number;
  /** Templates, branches and parentheses that are open at once. */
  readonly depthMax: number;
};

/** What a name that a text does not define itself stands for: a text of its own, or why not. */
export type PartialLookup =
  | { readonly kind: "partial"; readonly template: ParsedTemplate }
  | { readonly kind: "absent"; readonly reason: string };

/** Finds a partial by name; both are byte strings inside, text outside. */
export type FindPartial = (name: string) => PartialLookup;

/** How many partials may be open within each other; more is a cycle, told as one. */
const partialsOpenMax = 32;

/** One rendering: what it has used so far and written. */
export type Run = {
  readonly limits: TemplateLimits;
  /** Absent: a text has no templates but those that it defines. */
  readonly findPartial?: FindPartial | undefined;
  /** Partials that are open, the outermost first. */
  readonly partials: string[];
  steps: number;
  depth: number;
  output: string;
};

type Binding = { readonly name: string; value: Value };

/** Which template of which text a frame runs. */
export type Running = { readonly template: ParsedTemplate; readonly name: string };

/** One template of a run: its variables, and the node that an error would name. */
export class Frame {
  readonly run: Run;
  /** The text that the template stands in. */
  readonly template: ParsedTemplate;
  readonly #name: string;
  readonly #variables: Binding[];
  #node: Statement | Command | Operand | undefined;

  constructor(run: Run, { template, name }: Running, data: Value) {
    this.run = run;
    this.template = template;
    this.#name = name;
    this.#variables = [{ name: "$", value: data }];
  }

  at(node: Statement | Command | Operand): void {
    this.#node = node;
  }

  write(bytes: string): void {
    const { limits, output } = this.run;
    if (output.length + bytes.length > limits.bytesMax) {
      this.fail(`output longer than ${limits.bytesMax} bytes`);
    }
    this.run.output += bytes;
  }

  step(): void {
    this.run.steps++;
    const { stepsMax } = this.run.limits;
    if (this.run.steps > stepsMax) this.fail(`more than ${stepsMax} steps`);
  }

  /** An error ends the whole rendering, so only success needs the matching `leave`. */
  enter(): void {
    this.run.depth++;
    const { depthMax } = this.run.limits;
    if (this.run.depth > depthMax) this.fail(`exceeded maximum template depth (${depthMax})`);
  }

  leave(): void {
    this.run.depth--;
  }

  /** Runs the text of a partial; whoever opens too many within each other is told the last of them. */
  inPartial(name: string, action: () => void): void {
    const { partials } = this.run;
    if (partials.length === partialsOpenMax) {
      const last = [...partials.slice(-3), name].map((one) => quote(one)).join(" calls ");
      this.fail(`more than ${partialsOpenMax} partials within each other: ${last}`);
    }
    partials.push(name);
    action();
    partials.pop();
  }

  fail(reason: string): never {
    const { name, input } = this.template;
    const place = placeOf(input, this.#node?.at ?? 0);
    const node = this.#node === undefined ? "" : formatNode(this.#node);
    const where = `${name}:${place.line}:${place.column}: executing ${JSON.stringify(this.#name)}`;
    const message = textOf(`template: ${where} at <${node}>: ${reason}`);
    throw new TemplateError("template.failed", message, place);
  }

  declare(name: string, value: Value): void {
    this.#variables.push({ name, value });
  }

  assign(name: string, value: Value): void {
    this.#find(name).value = value;
  }

  valueOf(name: string): Value {
    return this.#find(name).value;
  }

  mark(): number {
    return this.#variables.length;
  }

  /** Forgets what was declared since the mark. */
  forget(mark: number): void {
    this.#variables.length = mark;
  }

  #find(name: string): Binding {
    return (
      this.#variables.findLast((binding) => binding.name === name) ??
      this.fail(`undefined variable: ${name}`)
    );
  }
}
