import type { StampedFile } from "../assets/digest-book.ts";
import type { BootEvent, EventSink } from "../boot/event.ts";
import type { Finding } from "../boot/finding.ts";
import type { Install, InstallDecision } from "../boot/install.ts";
import type { JsonObject } from "../boot/json-value.ts";
import type { Clock } from "../runtime/clock.ts";
import type { Log } from "../runtime/log.ts";
import type { Catalog } from "../store/catalog.ts";
import type { Partials } from "../store/partial.ts";
import type { IpAddress } from "../wire/ip.ts";
import type { Ipv4Address } from "../wire/ipv4.ts";
import type { MacAddress } from "../wire/mac.ts";
import type { ImageMirror } from "./mirror.ts";
import type { ReserveWish } from "./reserve-wish.ts";
import type { Transfers } from "./transfers.ts";

/** The boot programs firmware loads first and what these ask for beside themselves, whole in memory. */
export type LoaderSource = {
  find(
    path: string,
    asker: { readonly mac?: MacAddress | undefined; readonly server: IpAddress },
  ): Promise<
    | {
        readonly kind: "file";
        readonly bytes: Buffer;
        readonly sha256: string;
        readonly modified: Date;
      }
    | { readonly kind: "missing"; readonly reason: string }
  >;
};

/** What became of a text: another one, or the reason why not. */
export type TextResult =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "failed"; readonly reason: string };

/** Fills templates of the language that matchbox's files are written in. */
export type TemplateEngine = {
  /** With `partials` a text may call them by name; without, only what it defines itself. */
  render(text: string, data: JsonObject, partials?: Partials): TextResult;
};

/** Translates Butane to Ignition. */
export type ButaneTranslator = { translate(text: string): TextResult };

/** Makes detached OpenPGP signatures over the bytes it is given. */
export type Signer = {
  readonly binary: (bytes: Buffer) => Promise<Buffer>;
  readonly armored: (bytes: Buffer) => Promise<Buffer>;
};

/** Where `/assets/` lives; `confine` refuses links that lead out of the folder. */
export type AssetFolder = {
  readonly folder: string;
  readonly symlinks: "follow" | "confine";
};

/** What is known of the contents of assets. */
export type ContentDigests = {
  /** SHA-256 in lower-case hexadecimal; undefined: not known yet. */
  digestOf(file: StampedFile): Promise<string | undefined>;
  /** Somebody fetches this. */
  see(file: StampedFile): void;
};

/** What `/assets/` is made of. */
export type ServedAssets = AssetFolder & { readonly digests: ContentDigests };

/** How ready one part of the daemon is, in words for `/readyz?verbose`. */
export type Readiness = {
  readonly component: string;
  readonly ready: boolean;
  readonly detail: string;
};

/** How far installations that happen once are; who keeps them also tells those that are held. */
export type InstallBook = {
  of(mac: MacAddress): Install | undefined;
  /** Resolves when it is safe on disk. */
  keep(mac: MacAddress, install: Install): Promise<void>;
  held(mac: MacAddress, decision: Extract<InstallDecision, { kind: "hold" }>): void;
  list(): ReadonlyMap<MacAddress, Install>;
  /** The next boot installs the machine again; false: it was not known. */
  forget(mac: MacAddress): Promise<boolean>;
};

/** What the text of an answer is made of. */
export type AnswerDeps = {
  readonly catalog: Catalog;
  readonly texts: { readonly templates: TemplateEngine; readonly butane: ButaneTranslator };
  readonly log: Log;
  /** What matchbox does not know: named generic files, partials, shell variables, `server.url`. */
  readonly extensions: boolean;
  /** Whether Ignition files of 3.0 to 3.4 are sent as 3.4.0; absent or false: as they are. */
  readonly ignitionUpgrade?: boolean | undefined;
  /** The script that stops a machine which goes round in a circle; undefined: it does not. */
  readonly diagnosisOf?: ((mac: MacAddress) => string | undefined) | undefined;
  /** Absent: every boot script is given, however often. */
  readonly installs?: { readonly book: InstallBook; readonly now: () => number } | undefined;
  /** How long a machine that no group matches is told to wait; absent: it is told that nothing is there. */
  readonly waitingRoomSeconds?: number | undefined;
};

/** What the routes for machines need. */
export type MachineDeps = AnswerDeps & {
  /** Absent: no route has a signature. */
  readonly signer?: Signer | undefined;
  /** What becomes of `//ipxe` and the like; firmware that follows no redirect needs an answer. */
  readonly uncleanPaths?: "answer" | "redirect";
  /** Absent: there is no `/assets/`. */
  readonly assets?: ServedAssets | undefined;
  /** Absent: there is no `/v2/`. */
  readonly mirror?: ImageMirror | undefined;
  readonly loaders: LoaderSource;
  readonly transfers: Transfers;
  readonly publish: EventSink;
  readonly machineAt: (address: IpAddress) => MacAddress | undefined;
  readonly clock: Clock;
  readonly metrics: { render(): Promise<string>; readonly contentType: string };
  readonly readiness: () => readonly Readiness[];
  /** What `/readyz?verbose` tells besides. */
  readonly findings: () => readonly Finding[];
};

/** A lease as operators read it. Times in milliseconds since the epoch. */
export type LeaseRow = {
  readonly mac: MacAddress;
  readonly address: Ipv4Address;
  readonly hostname?: string;
  readonly state: string;
  readonly expires?: number;
  readonly reserved?: boolean;
  readonly uuid?: string;
  readonly relayed?: boolean;
  /** What the machine last said of itself, while it is remembered. */
  readonly arch?: string;
  readonly stage?: string;
};

/** A reservation or a lease, in words. */
export type DeskRow = {
  readonly mac?: string;
  readonly uuid?: string;
  readonly address?: string;
  readonly hostname?: string;
};

/** What became of what an operator asked for. */
export type DeskOutcome =
  | { readonly kind: "done"; readonly row: DeskRow; readonly notes: readonly string[] }
  | { readonly kind: "refused"; readonly reason: string; readonly message: string };

/** Reservations and leases, as an operator may change them. */
export type LeaseDesk = {
  list(): readonly DeskRow[];
  reserve(wishes: readonly ReserveWish[], isTrial: boolean): readonly DeskOutcome[];
  unreserve(name: string): DeskOutcome;
  endLease(act: "release" | "forget", name: string): Promise<DeskOutcome>;
};

/** DNS records beside those of the settings, by whom they are of. */
export type RecordDesk = {
  list(): ReadonlyMap<string, { readonly domain: string; readonly records: readonly object[] }>;
  /** `body` is JSON: `{ "domain", "records" }`. */
  put(owner: string, body: string): Promise<void>;
  /** False: there were none. */
  remove(owner: string): Promise<boolean>;
};

/** Secrets that machines fetch once, by tokens; known by the hash of each. */
export type JoinDesk = {
  /** Opens the door for machines: how they know it, and where it is. */
  about(): Promise<{ readonly authority: string; readonly urls: readonly string[] }>;
  /** `body` is JSON: `{ "tickets": […] }`. How many there were. */
  put(body: string): Promise<number>;
  list(): Promise<
    ReadonlyMap<string, { readonly address: Ipv4Address; readonly files: readonly object[] }>
  >;
  /** How many of a cluster, or of one machine of it, there were. */
  remove(cluster: string, node?: string): Promise<number>;
};

/** What the daemon is and where it listens. */
export type DaemonStatus = {
  readonly version: string;
  readonly mode: string;
  readonly interfaces: readonly {
    readonly name: string;
    readonly address: Ipv4Address;
    /** How DHCP serves it now; absent where it is off. */
    readonly mode?: string;
  }[];
  readonly ports: Readonly<Record<string, number>>;
  readonly startedAt: number;
};

/** What the admin routes read. */
export type AdminDeps = {
  readonly events: {
    recent(): readonly BootEvent[];
    subscribe(listener: (event: BootEvent) => void): Disposable;
  };
  readonly leases: () => readonly LeaseRow[];
  readonly status: () => DaemonStatus;
  /** Absent: there is no DHCP. */
  readonly desk?: LeaseDesk | undefined;
  /** Absent: there is no DNS. */
  readonly records?: RecordDesk | undefined;
  /** Absent: no machine can join by this daemon. */
  readonly joins?: JoinDesk | undefined;
};
