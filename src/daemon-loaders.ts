/** The daemon's loaders: what there is, what is chosen for whom, and how that went. Wiring only. */
import { join } from "node:path";
import {
  type BootFileAsker,
  type BootFileLibrary,
  openBootFiles,
} from "./assets/boot-file-library.ts";
import { type LoaderLibrary, openLoaderLibrary } from "./assets/loader-library.ts";
import { architectureNamed } from "./boot/firmware.ts";
import type { LoaderRules } from "./boot/loader-choice.ts";
import { diagnosisLines } from "./boot/loop-words.ts";
import type { Config } from "./config/schema.ts";
import type { AnswerDeps } from "./http/deps.ts";
import { planFact, renderTftpGrub } from "./http/script-answers.ts";
import { renderAutoexec, renderDiagnosis } from "./render/ipxe.ts";
import { BootWatch } from "./runtime/boot-watch.ts";
import { systemClock } from "./runtime/clock.ts";
import type { EventBus } from "./runtime/event-bus.ts";
import type { FindingBoard } from "./runtime/finding-board.ts";
import { formatUrlHost, type IpAddress } from "./wire/ip.ts";
import type { MacAddress } from "./wire/mac.ts";

export type LoaderDeps = {
  readonly config: Config;
  readonly bus: EventBus;
  readonly findings: FindingBoard;
  readonly answers: AnswerDeps;
};

/** One tree of names for TFTP and HTTP, and the rules by which DHCP names its files. */
export type LoaderService = Disposable & {
  readonly rules: LoaderRules;
  find(
    path: string,
    asker: { readonly mac?: MacAddress | undefined; readonly server: IpAddress },
  ): ReturnType<BootFileLibrary["find"]>;
  diagnosisOf(mac: MacAddress): string | undefined;
  /** Files that are kept in memory, for TFTP and HTTP alike. */
  keptBytes(): number;
};

export function openLoaders(deps: LoaderDeps): LoaderService {
  const { config, bus, findings } = deps;
  const library = openLoaderLibrary({ folders: config.loaders.folders });
  const watch = new BootWatch({
    clock: systemClock,
    findings,
    subscribe: bus.subscribe.bind(bus),
  });
  const diagnosisOf = (mac: MacAddress): string | undefined => {
    const [loop, track] = [watch.loopOf(mac), watch.trackOf(mac)];
    if (loop === undefined || track === undefined) return undefined;
    return renderDiagnosis(diagnosisLines(loop, track, findings.list()));
  };
  const files = openBootFiles({
    loaders: library,
    texts: {
      autoexec: ({ server }) => renderAutoexec(originOf(config, server)),
      diagnosis: ({ mac }) => mac && diagnosisOf(mac),
      grubConfig: (asker) => renderGrubFor(asker, deps),
    },
    assets: () => grubAssets(config, library),
    now: systemClock.now,
  });
  return {
    rules: rulesOf(config, library, watch),
    diagnosisOf,
    keptBytes: () => library.keptBytes() + files.keptBytes(),
    find(path, asker) {
      const track = asker.mac && watch.trackOf(asker.mac);
      return files.find(path, { ...asker, arch: architectureNamed(track?.arch) });
    },
    [Symbol.dispose]: () => watch[Symbol.dispose](),
  };
}

function rulesOf(
  { loaders: { prefer, secureBoot, machines } }: Config,
  library: LoaderLibrary,
  watch: BootWatch,
): LoaderRules {
  return {
    has: library.has,
    prefer,
    secureBoot,
    machines: new Map(machines.map(({ mac, loader }) => [mac, loader])),
    historyOf: (mac) => watch.historyOf(mac),
  };
}

async function renderGrubFor(
  { mac, server }: BootFileAsker,
  { answers, config, bus }: LoaderDeps,
): Promise<string | undefined> {
  if (mac === undefined) return undefined;
  const rendered = await renderTftpGrub(answers, {
    identity: { mac, labels: { mac } },
    rawQuery: `mac=${mac}`,
    serverUrl: originOf(config, server),
    mac,
  });
  if (rendered === undefined) return undefined;
  if (rendered.plan) bus.publish({ mac, ...planFact(rendered.plan) });
  return rendered.text;
}

// Only a GRUB without HTTP asks for these by TFTP.
function grubAssets(config: Config, library: LoaderLibrary): string | undefined {
  const hasGrub = library.has("grubx64.efi") || library.has("grubaa64.efi");
  if (config.loaders.secureBoot === "off" || !hasGrub) return undefined;
  return assetsFolder(config);
}

/** Where `/assets/` lies. */
export function assetsFolder({ assets, data }: Config): string {
  return assets.folder || join(data.folder, "assets");
}

function originOf({ http }: Config, server: IpAddress): string {
  return `http://${formatUrlHost(server)}:${http.port}`;
}
