import { textOf } from "./bytes.ts";
import { placeOf, TemplateError } from "./error.ts";
import { type Command, formatNode, type Operand, type Statement } from "./node.ts";
import type { ParsedTemplate } from "./parser.ts";
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

/** One rendering: what it has used so far and written. */
export type Run = {
  readonly template: ParsedTemplate;
  readonly limits: TemplateLimits;
  steps: number;
  depth: number;
  output: string;
};

type Binding = { readonly name: string; value: Value };

/** One template of a run: its variables, and the node that an error would name. */
export class Frame {
  readonly run: Run;
  readonly #name: string;
  readonly #variables: Binding[];
  #node: Statement | Command | Operand | undefined;

  constructor(run: Run, name: string, data: Value) {
    this.run = run;
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

  fail(reason: string): never {
    const { name, input } = this.run.template;
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
