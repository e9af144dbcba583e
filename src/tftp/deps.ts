import type { EventSink } from "../boot/event.ts";
import type { Clock } from "../runtime/clock.ts";
import type { Log } from "../runtime/log.ts";
import type { IpAddress } from "../wire/ip.ts";
import type { MacAddress } from "../wire/mac.ts";
import type { AdmissionLimits } from "./admission.ts";
import type { FileSource } from "./file-source.ts";
import type { TftpLink } from "./link.ts";
import type { TftpLimits } from "./negotiate.ts";

export type TftpSettings = TftpLimits &
  AdmissionLimits & {
    /** Everything leaves by the port that was asked: for containers, NAT and strict firewalls. */
    readonly singlePort: boolean;
  };

export type TftpDeps = {
  /** One socket each, so that an answer leaves from the address that was asked. */
  readonly links: readonly TftpLink[];
  readonly port: number;
  readonly files: FileSource;
  readonly settings: TftpSettings;
  readonly clock: Clock;
  readonly log: Log;
  readonly publish: EventSink;
  /** The machine that was last seen at an address, for the log. */
  readonly machineAt?: (address: IpAddress) => MacAddress | undefined;
};
