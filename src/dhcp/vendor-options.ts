import { OptionCode } from "./options.ts";

/** Sub-options of 43 that a PXE server sends or reads (PXE 2.1 §2.4, table 2-2). */
const PxeOption = {
  discoveryControl: 6,
  bootServers: 8,
  bootMenu: 9,
  prompt: 10,
  item: 71,
} as const;

/** Bits of sub-option 6. */
export const DiscoveryControl = {
  noBroadcast: 1,
  noMulticast: 2,
  listedServersOnly: 4,
  takeFileNamed: 8,
} as const;

/** A line of the menu in sub-option 9. */
export type MenuLine = { readonly type: number; readonly text: string };

/** What sub-options 6, 8, 9 and 10 say. */
export type PxeDiscovery = {
  readonly control: number;
  /** Sub-option 8: who serves an item; four bytes an address. */
  readonly servers?: readonly { readonly type: number; readonly address: Uint8Array }[];
  readonly menu?: readonly MenuLine[];
  /** 0 seconds take the first item at once, 255 wait for ever. */
  readonly prompt?: { readonly seconds: number; readonly text: string };
};

/** Option 43 of an offer, in the order of the sub-options' numbers, ended as parsers want it. */
export function formatDiscovery({ control, servers, menu, prompt }: PxeDiscovery): Uint8Array {
  return Buffer.concat([
    subOption(PxeOption.discoveryControl, Buffer.of(control)),
    ...(servers === undefined ? [] : [subOption(PxeOption.bootServers, serverList(servers))]),
    ...(menu === undefined ? [] : [subOption(PxeOption.bootMenu, menuLines(menu))]),
    ...(prompt === undefined ? [] : [subOption(PxeOption.prompt, promptOf(prompt))]),
    Buffer.of(OptionCode.end),
  ]);
}

/** Option 43 of a boot server's answer: the item that was asked for, as it was asked for. */
export function formatBootItem({ type, layer }: { type: number; layer: number }): Uint8Array {
  const item = Buffer.concat([u16(type), u16(layer)]);
  return Buffer.concat([subOption(PxeOption.item, item), Buffer.of(OptionCode.end)]);
}

function subOption(code: number, value: Uint8Array): Uint8Array {
  return Buffer.concat([Buffer.of(code, value.length), value]);
}

function serverList(servers: NonNullable<PxeDiscovery["servers"]>): Uint8Array {
  const entries = servers.map(({ type, address }) =>
    Buffer.concat([u16(type), Buffer.of(1), address]),
  );
  return Buffer.concat(entries);
}

function menuLines(lines: readonly MenuLine[]): Uint8Array {
  const entries = lines.map(({ type, text }) => {
    const words = Buffer.from(text, "latin1");
    return Buffer.concat([u16(type), Buffer.of(words.length), words]);
  });
  return Buffer.concat(entries);
}

function promptOf({ seconds, text }: { seconds: number; text: string }): Uint8Array {
  return Buffer.concat([Buffer.of(seconds), Buffer.from(text, "latin1")]);
}

function u16(number: number): Uint8Array {
  return Buffer.of(number >> 8, number & 255);
}
