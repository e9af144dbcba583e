/**
 * The benchmarks: what the daemon costs beside programs that do the same, measured alternately in one
 * run. A bench is a list of contenders and a function that measures one of them once; `run.ts` does
 * the rounds. Nothing here is asserted: numbers are shown beside their targets.
 */

/** What one round measures: a number, and the promise about it where there is one. */
export type Metric = {
  readonly name: string;
  readonly unit: "µs" | "ms" | "s" | "MB" | "packets" | "1/s" | "MB/s" | "CPU s/GB" | "×";
  /** The most that Kindling may need, or the least that it should reach. */
  readonly target?: number;
  /** Absent: less is better. */
  readonly wants?: "more";
};

/** Whoever is measured; `targets` go before those of the metrics. */
type Named = { readonly name: string; readonly targets?: Readonly<Record<string, number>> };

/** One thing to measure, on contenders that are tried in turn. */
export type Bench<C extends Named> = {
  readonly name: string;
  readonly what: string;
  readonly metrics: readonly Metric[];
  readonly contenders: readonly C[];
  readonly rounds: number;
  /** Measures one contender once: a number for each metric. */
  measure(contender: C): Promise<Readonly<Record<string, number>>>;
};

/** The rounds of one contender in one metric. */
export type Series = {
  readonly bench: string;
  readonly metric: string;
  readonly unit: Metric["unit"];
  readonly target?: number;
  readonly wants?: "more";
  readonly contender: string;
  readonly samples: readonly number[];
};

/** Measures contender after contender, round after round, so that a busy minute falls on all alike. */
export async function runRounds<C extends Named>(
  bench: Bench<C>,
  say: (sentence: string) => void,
): Promise<readonly Series[]> {
  const samples = new Map<C, Readonly<Record<string, number>>[]>();
  for (const contender of bench.contenders) samples.set(contender, []);
  for (let round = 1; round <= bench.rounds; round += 1) {
    for (const [contender, results] of samples) {
      const result = await bench.measure(contender);
      results.push(result);
      const numbers = Object.entries(result).map(([name, value]) => `${name} ${value.toFixed(2)}`);
      say(`${bench.name} ${round}/${bench.rounds} ${contender.name}: ${numbers.join(", ")}`);
    }
  }
  const all = bench.metrics.flatMap(({ name, unit, target: promise, wants }) =>
    [...samples].map(([contender, results]) => {
      const target = contender.targets?.[name] ?? promise;
      return {
        bench: bench.name,
        metric: name,
        unit,
        ...(target !== undefined && { target }),
        ...(wants !== undefined && { wants }),
        contender: contender.name,
        samples: results.map((result) => result[name] ?? Number.NaN),
      };
    }),
  );
  // A ratio beside others is a number of one contender only.
  return all.filter(({ samples: found }) => !found.every(Number.isNaN));
}

/** The sample below which this share of all lies; the mean of two neighbours for the median of an even number. */
export function quantile(samples: readonly number[], share: number): number {
  const sorted = samples.toSorted((a, b) => a - b);
  const at = (sorted.length - 1) * share;
  const [low, high] = [sorted[Math.floor(at)], sorted[Math.ceil(at)]];
  if (low === undefined || high === undefined) return Number.NaN;
  return low + (high - low) * (at - Math.floor(at));
}
