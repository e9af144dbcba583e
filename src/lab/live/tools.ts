import { join } from "node:path";
import { execa } from "execa";
import { KindlingError } from "../../errors.ts";

const triplet = "x86_64-linux-gnu";

/** Programs of an unpacked Debian, run by its own loader and libraries, whatever this host has. */
export type Tools = {
  readonly root: string;
  /** Runs one of them, named by its path in the tree, and gives back what it printed. */
  run(program: string, words: readonly string[], how?: HowToRun): Promise<string>;
};

export type HowToRun = {
  /** The name by which it is called, where one program is many. */
  readonly name?: string;
  readonly input?: string;
  /** It wants to be root, of its own files at least. */
  readonly asRoot?: true;
};

/** Seconds since 1970 that stand for every time in an image: the same packages make the same bytes. */
const imageTime = 1_767_225_600;

/** The tools that were unpacked below `root`. */
export function toolsOf(root: string): Tools {
  const folders = [`usr/lib/${triplet}`, `usr/lib/${triplet}/systemd`, "usr/lib"];
  const libraries = folders.map((folder) => join(root, folder)).join(":");
  const loader = [join(root, "usr/lib64/ld-linux-x86-64.so.2"), "--library-path", libraries];
  const env = {
    ...{ LC_ALL: "C", TZ: "UTC", SOURCE_DATE_EPOCH: String(imageTime) },
    E2FSPROGS_FAKE_TIME: String(imageTime),
    MKE2FS_CONFIG: join(root, "etc/mke2fs.conf"),
    GCONV_PATH: join(root, `usr/lib/${triplet}/gconv`),
  };
  const userRoot = process.getuid?.() === 0 ? [] : ["unshare", "--user", "--map-root-user"];
  return {
    root,
    async run(program, words, { name, input = "", asRoot } = {}) {
      const called = ["--argv0", name ?? program, join(root, program), ...words];
      const argv = [...(asRoot ? userRoot : []), ...loader, ...called];
      const [file = "", ...rest] = argv;
      const result = await execa(file, rest, { env, input, all: true, reject: false });
      if (!result.failed) return result.all;
      const said = result.all?.trim().slice(-1000) ?? result.originalMessage;
      throw new KindlingError("lab.failed", `${program} ${words.join(" ")} failed: ${said}`);
    },
  };
}
