import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { execa } from "execa";
import { cacheFolder } from "../../src/lab/package-cache.ts";
import { openPeer } from "../../src/lab/peer-packages.ts";

// musl's own resolver, as in Alpine's containers and initial RAM disks: A and AAAA at once, and one "no
// such name" is that name's end.
const source = `
#include <arpa/inet.h>
#include <netdb.h>
#include <stdio.h>
#include <string.h>
int main(int count, char **words) {
  struct sockaddr_in address = { .sin_family = AF_INET };
  char text[1025];
  if (inet_pton(AF_INET, words[1], &address.sin_addr) == 1) {
    int code = getnameinfo((void *)&address, sizeof address, text, sizeof text, 0, 0, NI_NAMEREQD);
    return puts(code ? gai_strerror(code) : text) < 0;
  }
  struct addrinfo hints = { .ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM }, *found = 0;
  int code = getaddrinfo(words[1], 0, &hints, &found);
  if (code) return puts(gai_strerror(code)) < 0;
  for (; found; found = found->ai_next) {
    getnameinfo(found->ai_addr, found->ai_addrlen, text, sizeof text, 0, 0, NI_NUMERICHOST);
    puts(text);
  }
  return 0;
}
`;

/** Why `buildMuslResolver` cannot be had here, where that is so. */
export async function whyNoMusl(): Promise<string | undefined> {
  const { failed } = await execa("cc", ["--version"], { reject: false });
  return failed ? "there is no C compiler (cc)" : undefined;
}

/** A program of musl alone: prints the addresses of the name it is given, or the name of the address. */
export async function buildMuslResolver(folder: string): Promise<string> {
  const { program: libc, root } = await openPeer(cacheFolder(process.env), "musl");
  const machine = process.arch === "arm64" ? "aarch64" : "x86_64";
  const include = join(root, `usr/include/${machine}-linux-musl`);
  const [code, program] = [join(folder, "resolve.c"), join(folder, "resolve")];
  await writeFile(code, source);
  const start = ["crt1.o", "crti.o", "crtn.o"].map((name) => join(libc, "..", name));
  const bare = ["-static", "-nostdinc", "-nostdlib", "-isystem", include];
  await execa("cc", [...bare, ...start, code, libc, "-lgcc", libc, "-o", program]);
  return program;
}
