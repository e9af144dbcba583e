import type { EventSink } from "../boot/event.ts";
import { type Finding, type FindingSink, findingKey } from "../boot/finding.ts";

/** Findings held at once: codes are few, their subjects may be made up by a flood of machines. */
const findingLimit = 1000;

/** The findings that hold now. A change is published once as an event; repeating one is silent. */
export class FindingBoard implements FindingSink {
  readonly #publish: EventSink;
  readonly #findings = new Map<string, Finding>();

  constructor(publish: EventSink) {
    this.#publish = publish;
  }

  readonly raise = (finding: Finding): void => {
    const key = findingKey(finding);
    const before = this.#findings.get(key);
    this.#findings.set(key, finding);
    if (before?.sentence === finding.sentence && before.severity === finding.severity) return;
    this.#tell("raised", finding);
    const oldest = this.#findings.entries().next().value;
    if (this.#findings.size > findingLimit && oldest) this.clear(oldest[1]);
  };

  readonly clear = (finding: Pick<Finding, "code" | "subject">): void => {
    const key = findingKey(finding);
    const held = this.#findings.get(key);
    if (held === undefined) return;
    this.#findings.delete(key);
    this.#tell("cleared", held);
  };

  /** The newest change last. */
  list(): readonly Finding[] {
    return [...this.#findings.values()];
  }

  #tell(change: "raised" | "cleared", finding: Finding): void {
    const { mac } = finding;
    this.#publish({ kind: "finding", change, finding, ...(mac && { mac }) });
  }
}
