import type { ImageId } from "./image.ts";
import { compareImages } from "./layout.ts";

/** What is known of an image that may go. */
export type Candidate = {
  readonly id: ImageId;
  readonly pinned: boolean;
  /** Profiles that boot it. */
  readonly users: readonly string[];
};

export type Verdict = {
  readonly id: ImageId;
  readonly kind: "keep" | "remove";
  readonly reason: string;
};

/** Which images stay: the newest `keep` of each name and architecture, and every pinned or used one. */
export function planRetention(candidates: readonly Candidate[], keep: number): readonly Verdict[] {
  const seen = new Map<string, number>();
  const sorted = candidates.toSorted((a, b) => compareImages(a.id, b.id));
  return sorted.map(({ id, pinned, users }) => {
    const line = `${id.name} ${id.arch}`;
    const newer = seen.get(line) ?? 0;
    seen.set(line, newer + 1);
    const kept = (reason: string): Verdict => ({ id, kind: "keep", reason });
    if (users.length > 0) return kept(`profile ${users.join(", ")} boots it`);
    if (pinned) return kept("pinned");
    if (newer < keep) return kept(newer === 0 ? "newest" : `among the newest ${keep}`);
    return { id, kind: "remove", reason: `${newer} newer` };
  });
}
