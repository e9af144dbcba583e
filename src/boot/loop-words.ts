import type { Finding } from "./finding.ts";
import type { BootTrack, Loop } from "./loop.ts";

/** A circle as a finding; whose it is the caller adds. */
export function loopFinding(
  loop: Loop,
  { lacks, silentLoads }: Pick<BootTrack, "lacks" | "silentLoads">,
): Omit<Finding, "mac" | "subject"> {
  const severity = "warning" as const;
  const code = "boot.loop" as const;
  switch (loop.kind) {
    case "loader":
      return { code, severity, ...loaderWords(loop, lacks, silentLoads) };
    case "script":
      return {
        ...{ code, severity },
        sentence: "the machine fetches its script again and again and no kernel",
        cure: "read its console: path or server of the kernel may be wrong, or its memory too small",
      };
    case "install":
      return {
        ...{ code, severity },
        sentence:
          "the machine is installed again and again and the installed system never reports up",
        cure: "put the disk first in its boot order, or move it to a group that boots its disk",
      };
  }
}

/** The lines for its screen: what is so, what DHCP told it, what else is known of the network, a cure. */
export function diagnosisLines(
  loop: Loop,
  track: BootTrack,
  findings: readonly Pick<Finding, "code" | "sentence">[],
): readonly string[] {
  const { sentence, cure } = loopFinding(loop, track);
  const foreign = findings.filter(({ code }) => code.startsWith("dhcp.foreign"));
  return [
    `Kindling stopped a boot loop: ${sentence}`,
    `It was seen ${loop.times} times within minutes`,
    ...(track.told === undefined ? [] : [`Our last DHCP answer named ${track.told}`]),
    ...(track.lacks.length === 0 ? [] : [`This iPXE lacks ${track.lacks.join(", ")}`]),
    ...foreign.map((finding) => `Also: ${finding.sentence}`),
    `Cure: ${cure}`,
  ];
}

function loaderWords({ file = "" }: Loop, lacks: readonly string[], silentLoads: number) {
  if (lacks.length > 0) {
    return {
      sentence: `the machine loads ${file} again and again, and what it loads lacks ${lacks.join(", ")}`,
      cure: "put an iPXE built with these into loaders.folders",
    };
  }
  if (silentLoads > 0) {
    return {
      sentence: `the machine loads ${file} again and again and never starts it`,
      cure: "Secure Boot may refuse it: turn that off or set loaders.secureBoot; else name another loader in loaders.machines",
    };
  }
  return {
    sentence: `the machine loads ${file} again and again and never asks for its script`,
    cure: "look for a second DHCP server that names a boot file, and at what its iPXE was built with",
  };
}
