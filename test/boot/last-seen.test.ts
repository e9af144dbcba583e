import { expect, it } from "vitest";
import type { BootEvent } from "../../src/boot/event.ts";
import { lastSeen } from "../../src/boot/last-seen.ts";
import { parseMac } from "../../src/wire/mac.ts";

const mac = parseMac("52:54:00:77:00:10");
const asked = (stage: "firmware" | "operating-system", arch?: string): BootEvent => ({
  ...{ at: 1, mac, kind: "dhcp", direction: "in", message: "discover", port: 67, stage },
  ...(arch !== undefined && { arch }),
});

it("keeps the architecture of the firmware once the system asks", () => {
  const events = [asked("firmware", "efi-x64"), asked("operating-system")];
  expect(lastSeen(events).get(mac)).toEqual({ arch: "efi-x64", stage: "operating-system" });
  expect(lastSeen(events.slice(1)).get(mac)).toEqual({ stage: "operating-system" });
});
