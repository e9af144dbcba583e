import { createHash } from "node:crypto";
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { execa } from "execa";
import { KindlingError } from "../errors.ts";
import type { Say } from "./guest-files.ts";
import {
  buildWords,
  importPath,
  kubernetesSource,
  schemaCommand,
  schemaFolders,
  schemaMark,
  serverPrograms,
} from "./kubernetes-source.ts";
import { findCached, openCached, runApt } from "./package-cache.ts";
import { openSuiteApt } from "./suite-packages.ts";

/** Which source is all that decides what comes out. */
const recipe = {
  name: `${kubernetesSource.package}-${kubernetesSource.version.slice(1)}`,
  sources: [],
};

/** Kubernetes' servers in the cache, with their SHA256SUMS; undefined where nobody has built them. */
export async function findKubernetesServers(cache: string): Promise<string | undefined> {
  return await findCached(cache, recipe);
}

/** The same, built on first use out of Debian's source: some ten minutes of two cores. */
export async function openKubernetesServers(cache: string, say: Say): Promise<string> {
  return await openCached(cache, {
    ...recipe,
    async make(work, done) {
      const tree = await fetchSource(work, say);
      await generateSchemas(tree, work, say);
      for (const program of serverPrograms) {
        say(`building ${program}`);
        await runGo(buildWords(join(done, program), `./cmd/${program}`), { tree, work });
      }
      await writeFile(join(done, "SHA256SUMS"), await formatSums(done));
    },
  });
}

// apt holds the archive to the signed list of sources. What Debian changes in it is the packing alone.
async function fetchSource(work: string, say: Say): Promise<string> {
  const { package: name, suite, version } = kubernetesSource;
  say(`downloading the source of ${name} ${version} (one Debian source package, 34 MB)`);
  const apt = await openSuiteApt({ suite, kind: "deb-src" }, work);
  await runApt("apt-get", [...apt, "source", "--download-only", name], work);
  const archive = (await readdir(work)).find((file) => /\.orig\.tar\.\w+$/.test(file));
  if (!archive?.includes(version.slice(1))) {
    const message = `${suite} has the source ${archive ?? "of nothing"}, want ${version}: name another suite`;
    throw new KindlingError("lab.missing-tool", message, { package: name, suite });
  }
  const tree = join(work, "src", importPath);
  await mkdir(tree, { recursive: true });
  await execa("tar", ["-xf", join(work, archive), "-C", tree, "--strip-components=1"]);
  return tree;
}

async function generateSchemas(tree: string, work: string, say: Say): Promise<void> {
  say("making the API's documents, which the source leaves out");
  const generator = join(work, "openapi-gen");
  await runGo(["build", "-o", generator, "./vendor/k8s.io/kube-openapi/cmd/openapi-gen"], {
    tree,
    work,
  });
  const words = ["-rl", "--include=*.go", "--", schemaMark, ...schemaFolders];
  const { stdout } = await execa("grep", words, { cwd: tree });
  await run(generator, schemaCommand(stdout.split("\n"), work), { tree, work });
}

type Place = { readonly tree: string; readonly work: string };

async function runGo(words: readonly string[], place: Place): Promise<void> {
  await run("go", words, place);
}

// As the tree was built in its time: by GOPATH, and without C, so that a program runs on any machine.
async function run(program: string, words: readonly string[], place: Place): Promise<void> {
  const env = { GOPATH: place.work, GO111MODULE: "off", GOFLAGS: "", CGO_ENABLED: "0" };
  const result = await execa(program, words, { cwd: place.tree, env, all: true, reject: false });
  if (!result.failed) return;
  const isAbsent = result.code === "ENOENT";
  throw new KindlingError(
    isAbsent ? "lab.missing-tool" : "lab.failed",
    isAbsent
      ? `${program} is not here: install Debian's package golang-go`
      : `${program} ${words.at(-1)} failed: ${result.all.trim().slice(-1000)}`,
  );
}

async function formatSums(folder: string): Promise<string> {
  let sums = "";
  for (const program of serverPrograms) {
    const hash = createHash("sha256").update(await readFile(join(folder, program)));
    sums += `${hash.digest("hex")}  ${program}\n`;
  }
  return sums;
}
