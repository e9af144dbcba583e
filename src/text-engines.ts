import type { ButaneTranslator, TemplateEngine } from "./http/deps.ts";

/** What turns the catalog's files into what machines read: the one place where engines are fitted. */
export type TextEngines = {
  readonly templates: TemplateEngine;
  readonly butane: ButaneTranslator;
};

/** The engines of this build. Text without an action is its own rendering, and Butane is refused. */
export function openTextEngines(): TextEngines {
  return {
    templates: {
      render: (text) =>
        text.includes("{{")
          ? { kind: "failed", reason: "holds template actions, which this version does not run" }
          : { kind: "text", text },
    },
    butane: {
      translate: () => ({
        kind: "failed",
        reason: "is Butane, which this version does not read: end its name in .ign or .ignition",
      }),
    },
  };
}
