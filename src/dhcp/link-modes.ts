import type { LiveMode } from "./mode.ts";
import type { DhcpRequest } from "./request.ts";

/** What the server asks of the watch over the link that a message came in by. */
export type LinkModes = {
  modeOf(device: string): LiveMode;
  /** Shows it a client's message; true for one that is nobody's to answer. */
  overhear(device: string, request: DhcpRequest): boolean;
};

/** The mode that was set by hand and needs no watch. */
export function fixedMode(mode: "full" | "proxy"): LinkModes {
  return { modeOf: () => mode, overhear: () => false };
}
