import { describe, expect, it } from "vitest";
import { isLoaderName, LoaderPaths, loaderPlaces } from "../../src/assets/loader-names.ts";
import { Architectures } from "../../src/boot/firmware.ts";

describe("LoaderPaths", () => {
  it("has a row for every loader that firmware is told to load", () => {
    const told = Architectures.flatMap(({ loader }) => loader ?? []);
    expect(told.filter((loader) => LoaderPaths[loader] === undefined)).toEqual([]);
  });
});

describe("isLoaderName", () => {
  const rows = [
    { name: "snponly.efi", want: true },
    { name: "my loader.efi", want: true },
    { name: "", want: false },
    { name: ".", want: false },
    { name: ".hidden", want: false },
    { name: "..", want: false },
    { name: "a/b", want: false },
    { name: "a\\b", want: false },
    { name: "a\0b", want: false },
    { name: "a".repeat(256), want: false },
  ];
  it.each(rows)("says $want to '$name'", ({ name, want }) => {
    expect(isLoaderName(name)).toBe(want);
  });
});

describe("loaderPlaces", () => {
  it("looks in the operator's folders first, then at each packaged spelling", () => {
    const places = loaderPlaces("ipxe.pxe", ["/srv/a", "/srv/b"], ["/usr/lib/ipxe"]);
    expect(places.map(({ path }) => path)).toEqual([
      "/srv/a/ipxe.pxe",
      "/srv/b/ipxe.pxe",
      "/usr/lib/ipxe/ipxe.pxe",
      "/usr/lib/ipxe/x86_64/ipxe.pxe",
    ]);
  });

  it("looks for any other name in the operator's folders only", () => {
    const paths = loaderPlaces("toString", ["/srv/a"], ["/usr/lib/ipxe"]).map(({ path }) => path);
    expect(paths).toEqual(["/srv/a/toString"]);
  });
});
