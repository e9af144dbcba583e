import { type BootPlan, decideBoot } from "../boot/decide.ts";
import { renderGrub } from "../render/grub.ts";
import { renderBootScript, renderIpxe } from "../render/ipxe.ts";
import { tellMiss } from "./asking.ts";
import type { AnswerTable } from "./config-answers.ts";
import type { AnswerDeps } from "./deps.ts";

/** `/boot.ipxe`, the same for every machine, and each machine's own `/ipxe` and `/grub`. */
export function scriptAnswers(deps: AnswerDeps): AnswerTable {
  const bootScript = { kind: "found", body: Buffer.from(renderBootScript()) } as const;
  const planned = (render: (boot: BootPlan["boot"]) => string): AnswerTable[number][1] => {
    return async (asking) => {
      const decision = decideBoot(asking.identity, await deps.catalog.snapshot());
      if (decision.kind !== "boot") {
        tellMiss(deps.log, asking, decision);
        return { kind: "missing" };
      }
      const { plan } = decision;
      return { kind: "found", body: Buffer.from(render(plan.boot)), plan };
    };
  };
  return [
    ["/boot.ipxe", () => bootScript],
    // Some servers of PXE menus append a layer number to every file name, hence the `.0`.
    ["/boot.ipxe.0", () => bootScript],
    ["/ipxe", planned(renderIpxe)],
    ["/grub", planned(renderGrub)],
  ];
}
