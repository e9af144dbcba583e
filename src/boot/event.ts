import type { IpAddress } from "../wire/ip.ts";
import type { MacAddress } from "../wire/mac.ts";
import type { Finding } from "./finding.ts";
import type { PciId } from "./machine.ts";

/**
 * One thing seen of one machine. Protocols publish these and read none; timeline, diagnosis, metrics
 * and the live views read them and are called by no protocol. `at` is milliseconds since the epoch.
 */
export type BootEvent = {
  readonly at: number;
  readonly mac?: MacAddress;
  readonly address?: IpAddress;
} & BootFact;

export type BootFact =
  | {
      /**
       * A DHCP message of the machine or our answer to it, in both directions; `port` 67, 4011, or 547
       * for DHCPv6, whose messages go by the words of their IPv4 likes: a SOLICIT is a discover.
       */
      readonly kind: "dhcp";
      readonly direction: "in" | "out";
      readonly message: DhcpMessageName;
      readonly port: 67 | 4011 | 547;
      readonly stage: "firmware" | "ipxe" | "operating-system";
      readonly arch?: string;
      /** What this iPXE cannot do and would have to. */
      readonly lacks?: readonly string[];
      /** The card it boots from. */
      readonly nic?: PciId;
      /** The boot file or URL that an answer names. */
      readonly file?: string;
      readonly reason?: string;
    }
  | {
      readonly kind: "tftp";
      readonly outcome: "sent" | "probe" | "failed" | "refused";
      readonly file: string;
      readonly bytes: number;
      readonly ms: number;
      readonly blksize: number;
      readonly windowsize: number;
      readonly retries: number;
      readonly reason?: string;
    }
  | {
      readonly kind: "http";
      readonly resource: HttpResource;
      readonly method: string;
      readonly path: string;
      readonly status: number;
      readonly bytes: number;
      readonly ms: number;
    }
  | {
      /** `/ipxe` was rendered: what this machine is about to load. Paths as the machine will ask for them. */
      readonly kind: "plan";
      readonly group: string;
      readonly profile: string;
      readonly kernel: string;
      readonly initrd: readonly string[];
      /** The kernel is on another server, so nothing of it will be seen here. */
      readonly elsewhere?: true;
    }
  | {
      /** The booted system called back; `stage` is its own word, `up` from user space by convention. */
      readonly kind: "report";
      readonly stage: string;
      readonly message?: string;
      /** How much of `total` bytes an installer has written. */
      readonly bytes?: number;
      readonly total?: number;
    }
  | {
      /** A finding began or ceased to hold. */
      readonly kind: "finding";
      readonly change: "raised" | "cleared";
      readonly finding: Finding;
    }
  | {
      /** DHCP serves a link in another way from now on. */
      readonly kind: "dhcp-mode";
      readonly device: string;
      readonly mode: "probe" | "full" | "proxy" | "hold";
      readonly reason: string;
    };

export type DhcpMessageName =
  | "discover"
  | "offer"
  | "request"
  | "decline"
  | "ack"
  | "nak"
  | "release"
  | "inform"
  | "other";

export type HttpResource =
  | "script"
  | "ipxe"
  | "grub"
  | "loader"
  | "asset"
  | "ignition"
  | "cloud"
  | "generic"
  | "metadata"
  | "report"
  | "manifest"
  | "blob"
  | "other";

/** What publishes events; the bus stamps the time and fills in a MAC known by its address. */
export type EventSink = (event: Omit<BootEvent, "at"> & BootFact) => void;
