import { createReadStream } from "node:fs";
import { mkdir, open, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { execa } from "execa";
import { Fetcher } from "../../src/assets/image/fetch.ts";
import { findRelease } from "../../src/assets/image/index-documents.ts";
import { Digests, openSignature } from "../../src/assets/image/verify.ts";
import { systemClock } from "../../src/runtime/clock.ts";
import { type GpgSigners, openSigners } from "../support/gpg-signers.ts";
import { recipeOf, sha256 } from "../support/image-site.ts";
import { makeCertificates } from "../support/image-upstream.ts";
import type { Bench } from "./series.ts";

/** Images whose indexes are read in one refresh, and how many at once. */
const images = 60;
const atOnce = 8;

type Contender = { readonly name: string };

/** An upstream on loopback, in a process of its own, and what the tools need to ask it. */
type Upstream = AsyncDisposable & { readonly origin: string; readonly ca: string };

/** Verification beside sha256sum and gpgv, a pull beside curl, and a look at 60 upstreams. */
export async function imagesBench(
  folder: string,
  { rounds, bytes }: { readonly rounds: number; readonly bytes: number },
): Promise<Bench<Contender> & AsyncDisposable> {
  await using stack = new AsyncDisposableStack();
  await mkdir(join(folder, "files"), { recursive: true });
  const gpg = stack.use(await openSigners("20250101T000000"));
  const upstream = stack.use(await serve(folder));
  const file = join(folder, "files/big");
  await fill(file, bytes);
  const trial = { folder, file, upstream, signed: await signAll(gpg, folder, file) };
  const resources = stack.move();
  return {
    name: "images",
    what: `a file of ${bytes / 1e6} MB; ratios of wall time, tools measured right behind`,
    metrics: [
      { name: "verify, SHA-256, of sha256sum + gpgv", unit: "×", target: 1.2 },
      { name: "verify, SHA-512, of sha256sum + gpgv", unit: "×", target: 1.2 },
      { name: "pull, of curl + sha256sum", unit: "×" },
      { name: `look at ${images} upstreams`, unit: "ms" },
    ],
    contenders: [{ name: "kindling" }],
    rounds,
    measure: async () => ({
      "verify, SHA-256, of sha256sum + gpgv": await verifyRatio(trial, "SHA256"),
      "verify, SHA-512, of sha256sum + gpgv": await verifyRatio(trial, "SHA512"),
      "pull, of curl + sha256sum": await pullRatio(trial),
      [`look at ${images} upstreams`]: await refreshMs(trial),
    }),
    [Symbol.asyncDispose]: () => resources.disposeAsync(),
  };
}

type Signed = { readonly fingerprint: string; readonly material: Buffer; readonly ring: string };
type Trial = {
  readonly folder: string;
  readonly file: string;
  readonly upstream: Upstream;
  readonly signed: Signed;
};

async function verifyRatio({ file, signed, folder }: Trial, hash: string): Promise<number> {
  const signature = join(folder, `big.${hash}`);
  const { fingerprint, material, ring } = signed;
  const ours = await timed(async () => {
    const opened = await openSignature(await readFile(signature));
    const digests = new Digests(opened.algorithms);
    for await (const chunk of createReadStream(file, { highWaterMark: 1 << 20 })) {
      digests.update(chunk as Buffer); // proven: no encoding is set
    }
    const keys = [{ owner: "bench", fingerprint, material }];
    const verdict = await opened.judge(digests, keys, Date.now());
    if (verdict.kind !== "good" || digests.sha256 === "") throw new Error("the bench is wrong");
  });
  const theirs = await timed(async () => {
    await execa("sha256sum", [file]);
    await execa("gpgv", ["--keyring", ring, signature, file]);
  });
  return ours / theirs;
}

async function pullRatio({ folder, upstream }: Trial): Promise<number> {
  const path = join(folder, "pulled");
  const note = join(folder, "note");
  const url = `${upstream.origin}/big`;
  const settings = { proxy: {}, ca: upstream.ca, silenceMs: 30_000, bytesMax: 1e12 };
  const signal = new AbortController().signal;
  using fetcher = new Fetcher(settings, { clock: systemClock, signal });
  await rm(path, { force: true });
  const ours = await timed(async () => {
    const wish = { name: "big", urls: [{ url }], path, note, onBytes: () => {}, onBroke: () => {} };
    const { digests } = await fetcher.file({ ...wish, digests: () => new Digests([]) });
    if (digests.sha256 === "") throw new Error("the bench is wrong");
  });
  await rm(path, { force: true });
  const theirs = await timed(async () => {
    await execa("curl", ["-sf", "--cacert", join(folder, "ca.crt"), "-o", path, url]);
    await execa("sha256sum", [path]);
  });
  await rm(path, { force: true });
  return ours / theirs;
}

async function refreshMs({ upstream, folder }: Trial): Promise<number> {
  const sums = `${sha256("k")}  vmlinuz-amd64\n`;
  await mkdir(join(folder, "files/v1"), { recursive: true });
  await writeFile(join(folder, "files/v1/sha256sum.txt"), sums);
  await writeFile(join(folder, "files/latest"), `{"tag_name": "v1"}`);
  const settings = { proxy: {}, ca: upstream.ca, silenceMs: 30_000, bytesMax: 1e12 };
  const signal = new AbortController().signal;
  using fetcher = new Fetcher(settings, { clock: systemClock, signal });
  const none = async () => [];
  const deps = { fetcher, clock: systemClock, trust: { trusted: none, refresh: none } };
  const waiting = Array.from({ length: images }, (_, at) =>
    recipeOf({
      ...{ name: `image-${at}`, upstream: "talos", mirrors: [upstream.origin] },
      index: `${upstream.origin}/latest`,
      files: [{ role: "kernel", from: "{version}/vmlinuz-{arch}", file: "vmlinuz" }],
    }),
  );
  const wish = { channel: "stable", arch: "x86_64" } as const;
  const ask = async (): Promise<void> => {
    for (let next = waiting.shift(); next; next = waiting.shift()) {
      await findRelease(next, wish, deps);
    }
  };
  return await timed(() => Promise.all(Array.from({ length: atOnce }, ask)));
}

async function signAll(gpg: GpgSigners, folder: string, file: string): Promise<Signed> {
  const fingerprint = await gpg.key("bench", { algorithm: "rsa4096" });
  for (const hash of ["SHA256", "SHA512"]) {
    const signature = await gpg.sign(await readFile(file), { by: fingerprint, hash });
    await writeFile(join(folder, `big.${hash}`), signature);
  }
  const material = await gpg.publish(fingerprint);
  const ring = join(folder, "ring.gpg");
  await execa("gpg", ["--batch", "--dearmor", "--output", ring], { input: material });
  return { fingerprint, material, ring };
}

async function serve(folder: string): Promise<Upstream> {
  const { ca, cert, key } = await makeCertificates();
  for (const [name, text] of Object.entries({
    "ca.crt": ca,
    "server.crt": cert,
    "server.key": key,
  })) {
    await writeFile(join(folder, name), text);
  }
  const program = join(import.meta.dirname, "../support/serve-image-files.ts");
  const child = execa(process.execPath, [program, folder], { stdin: "pipe", reject: false });
  const port = await new Promise<string>((resolve) => {
    child.stdout.once("data", (text: Buffer) => resolve(text.toString().trim()));
  });
  return {
    ...{ origin: `https://127.0.0.1:${port}`, ca },
    async [Symbol.asyncDispose]() {
      child.stdin.end();
      await child;
    },
  };
}

// Bytes that no disk or link could make less of.
async function fill(path: string, bytes: number): Promise<void> {
  await using file = await open(path, "w");
  const block = Buffer.alloc(1 << 20);
  for (let done = 0; done < bytes; done += block.length) {
    for (let at = 0; at < block.length; at += 4)
      block.writeUInt32LE((done + at * 2654435761) >>> 0, at);
    await file.write(block.subarray(0, Math.min(block.length, bytes - done)));
  }
}

async function timed(task: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await task();
  return performance.now() - start;
}
