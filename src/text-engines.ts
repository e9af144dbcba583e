import { gzipSync } from "node:zlib";
import type { JsonObject, JsonValue } from "./boot/json-value.ts";
import { KindlingError } from "./errors.ts";
import type { ButaneTranslator, TemplateEngine, TextResult } from "./http/deps.ts";
import { formatReports } from "./render/butane/error.ts";
import { translateButane } from "./render/butane/translate.ts";
import { translateContainerLinux } from "./render/container-linux/translate.ts";
import { TemplateError } from "./render/go-template/error.ts";
import type { FindPartial } from "./render/go-template/run.ts";
import { parseTemplate, renderTemplate, type Template } from "./render/go-template/template.ts";
import type { TemplateData } from "./render/go-template/value.ts";
import type { Log } from "./runtime/log.ts";
import type { PartialFile, Partials } from "./store/partial.ts";

/** What turns the catalog's files into what machines read: the one place where engines are fitted. */
export type TextEngines = {
  readonly templates: TemplateEngine;
  readonly butane: ButaneTranslator;
};

/** How many parsed templates are kept; the least recently used leaves first. */
const templateLimit = 256;

/** Go templates, and Butane or, where a text names no variant, a Container Linux Config. */
export function openTextEngines(log: Log): TextEngines {
  const parsed = new Map<string, Template>();
  const parsedPartials = new WeakMap<PartialFile, Template>();
  return {
    templates: {
      render: (text, data, partials) =>
        attempt(() => {
          const findPartial = partials && finderOf(partials, parsedPartials);
          const options = findPartial === undefined ? {} : { findPartial };
          return renderTemplate(templateOf(text, parsed), templateData(data), options);
        }),
    },
    butane: {
      translate: (text) =>
        attempt(() => {
          const { ignition, warnings } = translate(text);
          // The reference drops what it warns of without a word.
          if (warnings.length > 0)
            log.warn("butane translated", { warnings: formatReports(warnings) });
          return ignition;
        }),
    },
  };
}

/** Throws `template.invalid` with line and column, from 1, for a partial that cannot be read. */
export function checkPartial(file: string, text: string): void {
  try {
    parseTemplate(text, { name: file });
  } catch (error) {
    if (!(error instanceof TemplateError)) throw error;
    const { code, line, column } = error;
    // Who tells it names the file and the place already.
    const reason = error.message.replace(`template: ${file}:${line}: `, "");
    throw new KindlingError(code, reason, { line, column: column + 1 });
  }
}

function finderOf(partials: Partials, parsed: WeakMap<PartialFile, Template>): FindPartial {
  return (name) => {
    const partial = partials.get(name);
    if (partial === undefined) {
      return { kind: "absent", reason: `there is no templates/${name}.tmpl` };
    }
    const { file } = partial;
    if (partial.kind === "broken") {
      return { kind: "absent", reason: `${file} is broken: ${partial.reason}` };
    }
    const template = parsed.get(partial) ?? parseTemplate(partial.text, { name: file });
    parsed.set(partial, template);
    return { kind: "partial", template };
  };
}

function translate(text: string): ReturnType<typeof translateButane> {
  const gzip = (bytes: Uint8Array) => gzipSync(bytes, { level: 9 });
  // Every Butane document names its variant; a Container Linux Config has no such key.
  return /^\s*["']?variant["']?\s*:/m.test(text)
    ? translateButane(text, { gzip })
    : translateContainerLinux(text);
}

function templateOf(text: string, parsed: Map<string, Template>): Template {
  const template = parsed.get(text) ?? parseTemplate(text);
  parsed.delete(text);
  parsed.set(text, template);
  const [oldest] = parsed.keys();
  if (parsed.size > templateLimit && oldest !== undefined) parsed.delete(oldest);
  return template;
}

// Go holds the query as map[string]string, where a missing key is an empty string and no error.
function templateData(data: JsonObject): TemplateData {
  const request = objectOf(data["request"]);
  const query = Object.entries(objectOf(request["query"])).map(
    ([label, value]) => [label, String(value)] as const,
  );
  return { ...data, request: { ...request, query: new Map(query) } };
}

function objectOf(value: JsonValue | undefined): JsonObject {
  const isObject = typeof value === "object" && value !== null && !Array.isArray(value);
  return isObject ? (value as JsonObject) : {}; // proven: neither null nor a list
}

function attempt(make: () => string): TextResult {
  try {
    return { kind: "text", text: make() };
  } catch (error) {
    if (!(error instanceof KindlingError)) throw error;
    return { kind: "failed", reason: error.message };
  }
}
