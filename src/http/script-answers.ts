import { type BootPlan, decideBoot } from "../boot/decide.ts";
import { type NetBoot, requestPath } from "../boot/profile.ts";
import { renderGrub } from "../render/grub.ts";
import { renderBootScript, renderIpxe, renderWaitingRoom } from "../render/ipxe.ts";
import type { Partials } from "../store/partial.ts";
import type { Answer } from "./answer.ts";
import { type Asking, tellMiss } from "./asking.ts";
import { type AnswerTable, partialsFor, variablesFor } from "./config-answers.ts";
import type { AnswerDeps } from "./deps.ts";

/** `/boot.ipxe`, the same for every machine, and each machine's own `/ipxe` and `/grub`. */
export function scriptAnswers(deps: AnswerDeps): AnswerTable {
  const bootScript = { kind: "found", body: Buffer.from(renderBootScript()) } as const;
  const { waitingRoomSeconds, diagnosisOf } = deps;
  const first = ({ mac }: Asking): Answer => {
    const diagnosis = mac && diagnosisOf?.(mac);
    return diagnosis ? { kind: "found", body: Buffer.from(diagnosis) } : bootScript;
  };
  const unknown = waitingRoomSeconds ? renderWaitingRoom(waitingRoomSeconds) : undefined;
  return [
    ["/boot.ipxe", first],
    // Some servers of PXE menus append a layer number to every file name, hence the `.0`.
    ["/boot.ipxe.0", first],
    ["/ipxe", (asking) => answerPlan(deps, asking, { render: renderIpxe, unknown })],
    ["/grub", (asking) => answerPlan(deps, asking, { render: renderGrub })],
  ];
}

/** What a plan is to those that watch. */
export function planFact({ group, profile, boot }: BootPlan) {
  const elsewhere = boot.kernel.includes("://");
  return {
    kind: "plan",
    group: group.file,
    profile: profile.id,
    kernel: requestPath(boot.kernel),
    initrd: boot.initrd.map(requestPath),
    ...(elsewhere && { elsewhere }),
  } as const;
}

/**
 * The configuration for a GRUB that was loaded by TFTP and has no HTTP, as Debian's signed one:
 * kernel and RAM disks by their paths on the server it came from.
 */
export async function renderTftpGrub(
  deps: AnswerDeps,
  asking: Asking,
): Promise<{ readonly text: string; readonly plan: BootPlan } | undefined> {
  const render = (boot: NetBoot) => {
    const initrd = boot.initrd.map(requestPath);
    return renderGrub({ ...boot, kernel: requestPath(boot.kernel), initrd });
  };
  const answer = await answerPlan(deps, asking, { render });
  if (answer.kind !== "found" || answer.plan === undefined) return undefined;
  return { text: answer.body.toString("utf8"), plan: answer.plan };
}

async function answerPlan(
  deps: AnswerDeps,
  asking: Asking,
  how: { render: (boot: NetBoot) => string; unknown?: string | undefined },
): Promise<Answer> {
  const snapshot = await deps.catalog.snapshot();
  const decision = decideBoot(asking.identity, snapshot);
  if (decision.kind !== "boot") {
    tellMiss(deps.log, asking, decision);
    if (decision.kind !== "no-group" || how.unknown === undefined) return { kind: "missing" };
    return { kind: "found", body: Buffer.from(how.unknown) };
  }
  const partials = partialsFor(deps, snapshot);
  const boot = fillBoot(deps, asking, { ...decision.plan, partials });
  if (boot === undefined) return { kind: "missing" };
  const plan = { ...decision.plan, boot };
  return { kind: "found", body: Buffer.from(how.render(boot)), plan };
}

function fillBoot(
  deps: AnswerDeps,
  asking: Asking,
  { group, profile, boot, partials }: BootPlan & { readonly partials: Partials | undefined },
): NetBoot | undefined {
  if (!boot.template) return boot;
  const variables = variablesFor(deps, asking, { group, profile });
  const reasons: string[] = [];
  const fill = (text: string): string => {
    const filled = deps.texts.templates.render(text, variables, partials);
    if (filled.kind === "text") return filled.text;
    reasons.push(filled.reason);
    return "";
  };
  const { kernel, initrd, args } = boot;
  const filled = { kernel: fill(kernel), initrd: initrd.map(fill), args: args.map(fill) };
  if (reasons.length === 0) return filled;
  deps.log.info("no boot script", { profile: profile.file, reason: reasons[0] });
  return undefined;
}
