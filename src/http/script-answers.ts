import { type BootPlan, decideBoot } from "../boot/decide.ts";
import { decideInstall, type Install, type InstallDecision, installWish } from "../boot/install.ts";
import { heldLines } from "../boot/install-words.ts";
import { type NetBoot, requestPath } from "../boot/profile.ts";
import { renderGrub, renderGrubLocal, renderGrubNotice } from "../render/grub.ts";
import {
  renderBootScript,
  renderDiagnosis,
  renderIpxe,
  renderLocalBoot,
  renderWaitingRoom,
} from "../render/ipxe.ts";
import type { Partials } from "../store/partial.ts";
import type { MacAddress } from "../wire/mac.ts";
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
    ["/ipxe", (asking) => answerPlan(deps, asking, { ...IpxeWords, unknown })],
    ["/grub", (asking) => answerPlan(deps, asking, GrubWords)],
  ];
}

/** How one boot program is told what was decided. */
type ScriptWords = {
  /** Load and start this. */
  readonly render: (boot: NetBoot) => string;
  /** Leave the network for the disk. */
  readonly local: () => string;
  /** Stop, and say why. */
  readonly notice: (sentences: readonly string[]) => string;
  /** For a machine of no group; absent: it gets no answer. */
  readonly unknown?: string | undefined;
};

const IpxeWords: ScriptWords = {
  render: renderIpxe,
  local: renderLocalBoot,
  notice: renderDiagnosis,
};
const GrubWords: ScriptWords = {
  render: renderGrub,
  local: renderGrubLocal,
  notice: renderGrubNotice,
};

/** Puts a try of an installation on disk: a restart must not give the machine another one. */
export async function keepInstall(
  { installs }: AnswerDeps,
  { mac, next }: { readonly mac: MacAddress; readonly next: Install },
): Promise<void> {
  await installs?.book.keep(mac, next);
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
): Promise<{ readonly text: string; readonly plan: BootPlan | undefined } | undefined> {
  const render = (boot: NetBoot) => {
    const initrd = boot.initrd.map(requestPath);
    return renderGrub({ ...boot, kernel: requestPath(boot.kernel), initrd });
  };
  const answer = await answerPlan(deps, asking, { ...GrubWords, render });
  if (answer.kind !== "found") return undefined;
  if (answer.install) await keepInstall(deps, answer.install);
  return { text: answer.body.toString("utf8"), plan: answer.plan };
}

async function answerPlan(deps: AnswerDeps, asking: Asking, how: ScriptWords): Promise<Answer> {
  const snapshot = await deps.catalog.snapshot();
  const decision = decideBoot(asking.identity, snapshot);
  if (decision.kind !== "boot") {
    tellMiss(deps.log, asking, decision);
    if (decision.kind !== "no-group" || how.unknown === undefined) return { kind: "missing" };
    return { kind: "found", body: Buffer.from(how.unknown) };
  }
  const once = decideOnce(deps, asking, decision.plan);
  if (once.kind === "local-disk") return { kind: "found", body: Buffer.from(how.local()) };
  if (once.kind === "hold") {
    return { kind: "found", body: Buffer.from(how.notice(heldLines(once))) };
  }
  const partials = partialsFor(deps, snapshot);
  const boot = fillBoot(deps, asking, { ...decision.plan, partials });
  if (boot === undefined) return { kind: "missing" };
  const plan = { ...decision.plan, boot };
  const found = { kind: "found", body: Buffer.from(how.render(boot)), plan } as const;
  const mac = machineOf(asking);
  if (once.kind !== "install" || once.next === undefined || mac === undefined) return found;
  return { ...found, install: { mac, next: once.next } };
}

// A machine whose MAC is not known can be kept in no book: it gets its script as any other.
function decideOnce({ installs, log }: AnswerDeps, asking: Asking, plan: BootPlan) {
  const mac = machineOf(asking);
  const wish = installWish(plan.group);
  if (installs === undefined || wish.kind === "none") return NoInstall;
  if (mac === undefined) {
    log.warn("installation not counted", { reason: "unknown-mac", group: plan.group.file });
    return NoInstall;
  }
  const decision = decideInstall(wish, installs.book.of(mac), installs.now());
  const { kind, reason } = decision;
  log.info("installation", { mac, decision: kind, reason, group: plan.group.file });
  if (decision.kind === "hold") installs.book.held(mac, decision);
  return decision;
}

const NoInstall = { kind: "boot", reason: "no-install" } as const satisfies InstallDecision;

function machineOf({ identity, mac }: Asking): MacAddress | undefined {
  return identity.mac ?? mac;
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
