import type { JsonObject } from "../../src/boot/json-value.ts";
import { TemplateError } from "../../src/render/go-template/error.ts";
import { parseTemplate, renderTemplate } from "../../src/render/go-template/template.ts";
import type { TemplateData } from "../../src/render/go-template/value.ts";

/** What our template language says, in the form of Go's answers. */
export function renderAnswer(
  template: string,
  data: JsonObject,
): { readonly text: string; readonly error?: string } {
  try {
    return { text: renderTemplate(parseTemplate(template), typeQuery(data)) };
  } catch (error) {
    if (error instanceof TemplateError) return { text: "", error: error.message };
    throw error;
  }
}

/**
 * Is this an error of Go 1.19 that we tell otherwise, on purpose? Integers could not be ranged over
 * before 1.22; a stray parenthesis is named as 1.20 does; values that cannot be compared are named
 * by type only; a template's depth is bounded much lower; complex numbers are refused by name.
 */
export function knownDifference(error: string): boolean {
  return KnownDifferences.test(error);
}

const KnownDifferences =
  /range can't iterate over -?\d+$|unexpected "\)"|non-comparable type|maximum template depth|complex number/;

// `request.query` as a server types it: a map of strings.
function typeQuery(data: JsonObject): TemplateData {
  const { request } = data as { request?: { query?: Record<string, string> } }; // by convention
  if (request?.query === undefined) return data;
  return { ...data, request: { ...request, query: new Map(Object.entries(request.query)) } };
}
