/** First minor version of Ignition 3 that fetches from a scheme. */
const Schemes: Readonly<Record<string, number>> = {
  http: 0,
  https: 0,
  tftp: 0,
  s3: 0,
  data: 0,
  gs: 2,
  arn: 4,
};

/** Why no machine can fetch from this URL; undefined for a good one. */
export function urlTrouble(url: string, minor: number): string | undefined {
  const scheme = urlScheme(url);
  if (scheme === undefined) return `want a URL, got ${shorten(url)}`;
  const since = Object.hasOwn(Schemes, scheme) ? Schemes[scheme] : undefined;
  if (since === undefined || since > minor) {
    const known = Object.keys(Schemes).filter((name) => (Schemes[name] ?? 0) <= minor);
    return `want a URL with ${known.join(", ")}, got ${scheme || "no scheme"}`;
  }
  if (scheme === "data") return dataTrouble(url);
  if (scheme === "arn" && !/^arn:[^:]*:s3:[^:]*:[^:]*:[^/]*\/./i.test(url)) {
    return `want arn:partition:s3:region:account:bucket/key, got ${shorten(url)}`;
  }
  if ((scheme === "arn" || scheme === "s3") && /[?&]versionId=?(?:&|$)/.test(url)) {
    return "want a versionId, got an empty one";
  }
  return undefined;
}

/** The scheme in lower case, empty if there is none; undefined for what is no URL at all. */
export function urlScheme(url: string): string | undefined {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  if (/[\x00-\x1f\x7f]/.test(url) || url.startsWith(":")) return undefined;
  const scheme = /^([a-z][a-z0-9+.-]*):/i.exec(url)?.[1]?.toLowerCase() ?? "";
  const rest = url.slice(scheme.length + 1);
  if (scheme === "" && /^[^/?#]*:/.test(url)) return undefined;
  const hierarchical = scheme === "" || rest.startsWith("/");
  if (hierarchical && /%(?![0-9a-f]{2})/i.test(rest.replace(/[?].*/, ""))) return undefined;
  const host = /^\/\/([^/?#]*)/.exec(rest)?.[1] ?? "";
  return /[\s<>"]/.test(host) || /:[^\]@]*[^\]@\d][^\]@]*$/.test(host) ? undefined : scheme;
}

// RFC 2397: data:[<type>][;base64],<data>
function dataTrouble(url: string): string | undefined {
  const parts = /^data:([^,]*),(.*)$/is.exec(url);
  if (parts === null) return "want data:[type][;base64],content, got no comma";
  const [, head = "", body = ""] = parts;
  if (/%(?![0-9a-f]{2})/i.test(body)) return "want two hex digits after each %";
  if (!/;base64$/i.test(head)) {
    return /[^\x21-\x7e]/.test(body) ? "want blanks and other such bytes as %20" : undefined;
  }
  const base64 = body.replaceAll(/%([0-9a-f]{2})/gi, (_, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
  const valid = base64.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(base64);
  return valid ? undefined : "want base64 with its padding after ;base64,";
}

function shorten(url: string): string {
  return url.length > 60 ? `${url.slice(0, 60)}…` : url;
}
