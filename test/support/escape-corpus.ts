/** Ways to spell "up": what servers have taken for it, by mistake or by a decoder too many. */
const Ups: readonly (readonly [name: string, up: string])[] = [
  ["plain", "../"],
  ["slash encoded", "..%2f"],
  ["dots encoded", "%2e%2e/"],
  ["all encoded", "%2e%2e%2f"],
  ["one dot encoded", ".%2e/"],
  ["slash encoded twice", "..%252f"],
  ["all encoded twice", "%252e%252e%252f"],
  ["all encoded thrice", "%25252e%25252e%25252f"],
  ["backslash", "..\\"],
  ["backslash encoded", "..%5c"],
  ["backslash encoded twice", "..%255c"],
  ["both slashes", "..\\/"],
  ["dot segment between", ".././"],
  ["dot segment before", "./../"],
  ["slashes doubled", "..//"],
  ["stripped once", "....//"],
  ["stripped once, backslash", "....\\\\"],
  ["three dots", ".../"],
  ["path parameter", "..;/"],
  ["NUL inside", "..\0/"],
  ["NUL inside, encoded", "..%00/"],
  ["NUL in front", "\0../"],
  ["overlong UTF-8, two bytes", "%c0%ae%c0%ae%c0%af"],
  ["overlong UTF-8, three bytes", "%e0%80%ae%e0%80%ae%e0%80%af"],
  ["overlong UTF-8, slash", "..%c0%af"],
  ["overlong UTF-8, as bytes", "\xc0\xae\xc0\xae\xc0\xaf"],
  ["bad escapes", "%2e%2e%c1%9c"],
  ["escapes of IIS", "%u002e%u002e%u002f"],
  ["full-width forms", "%ef%bc%8e%ef%bc%8e%ef%bc%8f"],
  ["division slash", "..%e2%88%95"],
  ["from a folder that is there", "inside/../../"],
  ["from a folder that is there, encoded", "inside/..%2f..%2f"],
  ["from a file", "plain.txt/../../"],
  ["blank behind", "..%20/"],
  ["tab behind", "..\t/"],
  ["line end behind", "..%0d%0a/"],
];

const Depths = [1, 2, 9] as const;

/** What lies outside: a secret one or two folders up, and what every system has. */
const Secrets = ["secret.txt", "etc/passwd"] as const;

/** Names that need no "up". */
const Absolute: readonly (readonly [name: string, path: string])[] = [
  ["absolute", "/etc/passwd"],
  ["absolute, doubled", "//etc/passwd"],
  ["absolute, encoded", "%2fetc%2fpasswd"],
  ["absolute, backslashes", "\\etc\\passwd"],
  ["a drive", "C:\\etc\\passwd"],
  ["UNC", "\\\\10.77.0.1\\c$\\etc\\passwd"],
  ["UNC, slashes", "//10.77.0.1/c$/etc/passwd"],
  ["UNC, long", "\\\\?\\GLOBALROOT\\etc\\passwd"],
  ["a file URL", "file:///etc/passwd"],
  ["a TFTP URL", "tftp://10.77.0.1//etc/passwd"],
  ["a TFTP URL that climbs", "tftp://10.77.0.1/../../etc/passwd"],
  ["an HTTP URL", "http://10.77.0.1//etc/passwd"],
  ["a PXELINUX name", "10.77.0.1::/etc/passwd"],
  ["a PXELINUX name that climbs", "10.77.0.1::../../etc/passwd"],
  ["a Raspberry Pi's folder", "9ffefdef/../../etc/passwd"],
  ["a boot layer", "../secret.txt.0"],
  ["somebody's home", "~root/.bashrc"],
  ["the environment", "/proc/self/environ"],
  ["a variable", "$HOME/.bashrc"],
  ["a suffix cut by NUL", "../secret.txt\0plain.txt"],
  ["a suffix cut by NUL, encoded", "../secret.txt%00plain.txt"],
  ["hidden", ".hidden"],
  ["hidden in a folder", "inside/.hidden"],
  ["hidden, encoded", "%2ehidden"],
];

/** Names that must lead nowhere, as characters of Latin-1, for every server of files. */
export const EscapeCorpus: readonly (readonly [name: string, path: string])[] = [
  ...Ups.flatMap(([name, up]) =>
    Depths.flatMap((depth) =>
      Secrets.map(
        (secret) => [`${name}, ${depth} up to ${secret}`, up.repeat(depth) + secret] as const,
      ),
    ),
  ),
  ...Absolute,
  ["longer than any path", `${"../".repeat(1500)}etc/passwd`],
];
