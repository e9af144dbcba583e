/** Why a name that a catalog entry gives cannot be that of a file in its folder, or undefined. */
export function refusedName(name: string): string | undefined {
  if (name === "" || name === "." || name === "..") return "names no file";
  if (name.includes("/")) return "leaves its folder";
  if (name.includes("\0")) return "holds a NUL";
  return undefined;
}
