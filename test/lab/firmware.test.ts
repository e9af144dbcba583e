import { describe, expect, it } from "vitest";
import { debianOvmf, type MachineSpec, qemuCommand } from "../../src/lab/firmware.ts";
import { parseMac } from "../../src/wire/mac.ts";

const bios: MachineSpec = {
  name: "m1",
  mac: parseMac("52:54:00:77:00:10"),
  firmware: { kind: "bios" },
  accelerator: "tcg",
  memoryMb: 512,
  cable: { kind: "tap", device: "br0-tap0" },
};
const line = (spec: MachineSpec) => qemuCommand(spec, "/run/m1.vars").join(" ");

describe("qemuCommand", () => {
  const rows: readonly { name: string; spec: MachineSpec; has: string[]; hasNot: string[] }[] = [
    {
      name: "a BIOS machine boots the card's own iPXE, its text on the serial port",
      spec: bios,
      has: [
        "-machine pc,graphics=off",
        "-netdev tap,id=n0,ifname=br0-tap0,script=no,downscript=no",
      ],
      hasNot: ["romfile", "pflash", "virtio-blk"],
    },
    {
      name: "a UEFI machine has no ROM and a private copy of its variables",
      spec: { ...bios, firmware: debianOvmf },
      has: ["-machine q35,graphics=off", ",romfile=,bootindex=1", "raw,file=/run/m1.vars"],
      hasNot: [`raw,file=${debianOvmf.vars}`],
    },
    {
      name: "without taps each frame is a datagram",
      spec: { ...bios, cable: { kind: "datagram", localPort: 20002, remotePort: 20003 } },
      has: ["-netdev dgram,id=n0,local.type=inet,local.host=127.0.0.1,local.port=20002,remote."],
      hasNot: ["tap,"],
    },
    {
      name: "a disk is tried after the network",
      spec: { ...bios, disk: "/run/m1.disk" },
      has: ["if=none,id=d0,format=raw,cache=unsafe,file=/run/m1.disk", "drive=d0,bootindex=2"],
      hasNot: [],
    },
    {
      name: "every end of the guest is an end of QEMU",
      spec: bios,
      has: ["-no-reboot", "-monitor none", "-nodefaults"],
      hasNot: ["-daemonize"],
    },
    {
      name: "a probe has a kernel and no card",
      spec: {
        name: "probe",
        mac: bios.mac,
        firmware: bios.firmware,
        accelerator: "kvm",
        memoryMb: 256,
        direct: { kernel: "/k", initrd: "/i", append: "quiet" },
      },
      has: ["-accel kvm", "-kernel /k -initrd /i -append quiet"],
      hasNot: ["-netdev", "virtio-net"],
    },
  ];
  it.each(rows)("$name", ({ spec, has, hasNot }) => {
    for (const part of has) expect(line(spec)).toContain(part);
    for (const part of hasNot) expect(line(spec)).not.toContain(part);
  });
});
