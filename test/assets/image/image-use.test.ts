import { describe, expect, it } from "vitest";
import { findMissing, planUse, usersOf } from "../../../src/assets/image/image-use.ts";

const fresh = { kernel: "/2/k", initrd: ["/2/i"], args: ["initrd=main", "root=/2"] };
const before = { kernel: "/1/k", initrd: ["/1/i"], args: ["initrd=main", "root=/1", "quiet"] };

describe("planUse", () => {
  it("has nothing to tell of a profile that is new", () => {
    expect(planUse(fresh, undefined, undefined)).toEqual({ boot: fresh, changes: [], kept: [] });
  });

  it("takes the image's arguments and keeps the operator's", () => {
    const { boot, kept, changes } = planUse(fresh, before, ["initrd=main", "root=/1"]);
    expect(boot.args).toEqual(["initrd=main", "root=/2", "quiet"]);
    expect(kept).toEqual(["quiet"]);
    expect(changes).toEqual([
      ...["- kernel /1/k", "- initrd /1/i", "- arg root=/1"],
      ...["+ kernel /2/k", "+ initrd /2/i", "+ arg root=/2"],
    ]);
  });

  it("drops an argument that the image no longer wants", () => {
    const written = ["initrd=main", "root=/1", "quiet"];
    expect(planUse(fresh, before, written).boot.args).toEqual(fresh.args);
  });

  it("goes by the names of arguments where nothing was written down", () => {
    expect(planUse(fresh, before, undefined).boot.args).toEqual([...fresh.args, "quiet"]);
  });

  it("says nothing where nothing changes", () => {
    expect(planUse(fresh, fresh, fresh.args).changes).toEqual([]);
  });
});

describe("usersOf", () => {
  const id = { name: "fcos", version: "43.1", arch: "x86_64" } as const;
  const profile = (file: string, kernel: string, args: readonly string[] = []) => ({
    ...{ file, id: file, name: "", ignitionId: "", cloudId: "", genericId: "" },
    boot: { kernel, initrd: [], args },
  });

  it("finds profiles by any file that they boot", () => {
    const folder = "/assets/images/fcos/43.1/x86_64";
    const profiles = [
      profile("kernel", `${folder}/vmlinuz`),
      profile("rootfs", "/k", [`coreos.live.rootfs_url=http://a:8080${folder}/rootfs.img`]),
      profile("other", "/assets/images/fcos/43.10/x86_64/vmlinuz"),
      { ...profile("none", ""), boot: undefined },
    ];
    // proven: a profile without a boot has no such member
    expect(usersOf(profiles as Parameters<typeof usersOf>[0], id)).toEqual(["kernel", "rootfs"]);
  });
});

describe("findMissing", () => {
  it("names each argument", () => {
    expect(findMissing(["initrd=main", "ip"], ["ip=dhcp"])).toEqual([
      "the argument initrd=main is missing",
    ]);
  });
});
