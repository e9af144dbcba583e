/**
 * True when a mode makes little sense, but would if its decimal digits were octal: someone wrote
 * 644 and meant 0644.
 */
export function looksDecimal(mode: number, node: "file" | "directory"): boolean {
  const digits = String(mode);
  if (!/^[0-7]{1,4}$/.test(digits)) return false;
  return !isUsual(mode, node) && isUsual(Number.parseInt(digits, 8), node);
}

// Usual: whoever may write or execute may read; nobody has less than those who are further away.
function isUsual(mode: number, node: "file" | "directory"): boolean {
  if (mode === 0) return true;
  const [owner, group, others] = [(mode >> 6) & 7, (mode >> 3) & 7, mode & 7];
  const classes = [others, group, owner];
  const nested = (owner & group) === group && (group & others) === others;
  const readable = classes.every((bits) => bits === 0 || (bits & 4) !== 0);
  // Reading without executing is odd where someone closer may execute both: rwxr-----.
  const executes = classes.every(
    (bits, index) => (bits & 1) === 0 || classes.slice(0, index).every(readsAndExecutes),
  );
  if (!nested || !readable || !executes) return false;
  return node === "directory" ? isUsualDirectory(mode) : isUsualFile(mode);
}

function readsAndExecutes(bits: number): boolean {
  return (bits & 4) === 0 || (bits & 1) !== 0;
}

// setuid means nothing on a directory; setgid and sticky only where someone may write.
function isUsualDirectory(mode: number): boolean {
  if ((mode & 0o111) === 0 || (mode & 0o4000) !== 0) return false;
  return (mode & 0o3000) === 0 || (mode & 0o222) !== 0;
}

// sticky means nothing on a file; setuid and setgid only on programs not everyone may write.
function isUsualFile(mode: number): boolean {
  if ((mode & 0o1000) !== 0) return false;
  return (mode & 0o6000) === 0 || ((mode & 0o111) !== 0 && (mode & 0o002) === 0);
}
