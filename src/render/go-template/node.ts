import { quote } from "./quote.ts";

/** Where a node begins, in bytes of the template. */
type Positioned = { readonly at: number };

/** A statement of a template. */
export type Statement =
  | (Positioned & { readonly kind: "text"; readonly text: string })
  | (Positioned & { readonly kind: "action"; readonly pipe: Pipe })
  | Branch
  | TemplateCall
  | (Positioned & { readonly kind: "break" | "continue" });

/** `if`, `with` and `range`: a pipeline, what follows it, and what follows when it is empty. */
export type Branch = Positioned & {
  readonly kind: "if" | "with" | "range";
  readonly pipe: Pipe;
  readonly body: Body;
  readonly otherwise?: Body;
};

/** `{{template "name" pipeline}}`. */
export type TemplateCall = Positioned & {
  readonly kind: "template";
  readonly name: string;
  readonly pipe?: Pipe;
};

export type Body = readonly Statement[];

/** Commands, each given the value of the one before; the last one's value goes to `declares`. */
export type Pipe = Positioned & {
  readonly kind: "pipe";
  readonly declares: readonly Variable[];
  /** True for `=`, which gives a variable that exists a new value. */
  readonly assigns: boolean;
  readonly commands: readonly Command[];
};

/** An operand, or a function or field and its arguments. */
export type Command = Positioned & { readonly kind: "command"; readonly words: readonly Operand[] };

export type Variable = Positioned & { readonly kind: "variable"; readonly path: Path };
export type Field = Positioned & { readonly kind: "field"; readonly path: Path };
export type Identifier = Positioned & { readonly kind: "identifier"; readonly name: string };
/** Fields of a parenthesis or of a function's result. */
export type Chain = Positioned & {
  readonly kind: "chain";
  readonly from: Operand;
  readonly path: Path;
};
/** A literal; `text` is how the template wrote it. */
export type Literal = Positioned & { readonly text: string } & (
    | { readonly kind: "bool"; readonly value: boolean }
    | { readonly kind: "string"; readonly value: string }
    | { readonly kind: "integer"; readonly value: bigint }
    | { readonly kind: "float"; readonly value: number }
  );

export type Operand =
  | Pipe
  | Variable
  | Field
  | Identifier
  | Chain
  | Literal
  | (Positioned & { readonly kind: "dot" | "nil" });

type Path = readonly string[];

/** A node as error texts quote it. */
export function formatNode(node: Statement | Command | Operand): string {
  switch (node.kind) {
    case "pipe": {
      const names = node.declares.map(formatNode).join(", ");
      const sign = node.declares.length === 0 ? "" : node.assigns ? " = " : " := ";
      return names + sign + node.commands.map(formatNode).join(" | ");
    }
    case "command":
      return node.words.map(formatOperand).join(" ");
    case "chain":
      return `${formatOperand(node.from)}.${node.path.join(".")}`;
    case "field":
      return `.${node.path.join(".")}`;
    case "variable":
      return node.path.join(".");
    case "identifier":
      return node.name;
    case "dot":
      return ".";
    case "template": {
      const pipe = node.pipe === undefined ? "" : ` ${formatNode(node.pipe)}`;
      return `{{template ${quote(node.name)}${pipe}}}`;
    }
    case "bool":
    case "string":
    case "integer":
    case "float":
      return node.text;
    case "action":
    case "if":
    case "with":
    case "range":
      return formatNode(node.pipe);
    default:
      return node.kind;
  }
}

function formatOperand(node: Operand): string {
  return node.kind === "pipe" ? `(${formatNode(node)})` : formatNode(node);
}
