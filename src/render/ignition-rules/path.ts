/**
 * What Ignition refuses or warns of, by the public specifications 3.0 to 3.5. Each file holds the
 * rules of one section; all take the decoded configuration and tell a reporter, and none changes
 * anything.
 */

/** Why a machine's Ignition refuses a path; undefined for a good one. */
export function pathTrouble(path: string | undefined): string | undefined {
  if (path === undefined || path === "") return "want an absolute path, got none";
  if (!path.startsWith("/")) return `want an absolute path, got ${path}`;
  if (cleanPath(path) !== path) return `want ${cleanPath(path)}, got ${path}`;
  return undefined;
}

/** An absolute path without `.`, `..`, doubled and trailing slashes. */
export function cleanPath(path: string): string {
  const kept: string[] = [];
  for (const part of path.split("/")) {
    if (part === "..") kept.pop();
    else if (part !== "" && part !== ".") kept.push(part);
  }
  return `/${kept.join("/")}`;
}
