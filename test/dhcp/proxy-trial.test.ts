import { describe, expect, it } from "vitest";
import {
  afterFetch,
  afterOffer,
  afterRequest,
  isIgnored,
  nextForm,
  type Trial,
  type TrialForm,
} from "../../src/dhcp/proxy-trial.ts";

const second = 1000;

type Step = readonly [at: number, what: "discover" | "request" | "fetch"];

/** The forms of the offers that a UEFI gets in the course of these steps, and how it stands then. */
function play(steps: readonly Step[], first: TrialForm = "direct") {
  let trial: Trial | undefined;
  const forms: string[] = [];
  for (const [seconds, what] of steps) {
    const now = seconds * second;
    if (what === "discover") {
      const form = nextForm(trial, first, now);
      forms.push(form === "direct" ? "A" : "B");
      trial = afterOffer(trial, form, now);
    } else if (trial !== undefined) {
      trial = what === "request" ? afterRequest(trial) : afterFetch(trial, now);
    }
  }
  return { forms: forms.join(""), ignored: isIgnored(trial) };
}

const discovers = (...at: number[]): Step[] => at.map((seconds) => [seconds, "discover"]);

describe("the trial of both forms", () => {
  const rows: {
    name: string;
    steps: Step[];
    first?: TrialForm;
    forms: string;
    ignored?: boolean;
  }[] = [
    { name: "begins with A", steps: discovers(0), forms: "A" },
    { name: "goes on to B within 60 s", steps: discovers(0, 60), forms: "AB" },
    { name: "begins anew after 60 s", steps: discovers(0, 61), forms: "AA" },
    {
      name: "offers EDK2's four DISCOVERs each form twice, and then has nothing left",
      steps: discovers(0, 4, 12, 28),
      forms: "ABAB",
      ignored: true,
    },
    { name: "is not over with three", steps: discovers(0, 4, 12), forms: "ABA" },
    {
      name: "does not add up starts that lie apart",
      steps: discovers(0, 700, 1400, 2100, 2800),
      forms: "AAAAA",
    },
    {
      name: "adds up starts that follow each other",
      steps: discovers(0, 100, 200, 300),
      forms: "AAAA",
      ignored: true,
    },
    {
      name: "takes a REQUEST for a sign that A was heard",
      steps: [...discovers(0), [1, "request"], ...discovers(20)],
      forms: "AA",
    },
    {
      name: "takes a fetch for the same",
      steps: [...discovers(0), [1, "fetch"], ...discovers(20)],
      forms: "AA",
    },
    {
      name: "ends with any sign of life",
      steps: [...discovers(0, 4, 12, 28), [30, "request"]],
      forms: "ABAB",
    },
    {
      name: "begins the next start with the form that worked",
      steps: [...discovers(0, 4), [6, "fetch"], ...discovers(9000)],
      forms: "ABB",
    },
    {
      name: "does not take a REQUEST for a form that worked",
      steps: [...discovers(0, 4), [6, "request"], ...discovers(9000)],
      forms: "ABA",
    },
    {
      name: "does not credit a fetch ten minutes later",
      steps: [...discovers(0, 4), [605, "fetch"], ...discovers(9000)],
      forms: "ABA",
    },
    {
      name: "tries the other form where the one that worked does no more",
      steps: [...discovers(0, 4), [6, "fetch"], ...discovers(9000, 9004)],
      forms: "ABBA",
    },
    {
      name: "begins with B for firmware known to want it",
      steps: discovers(0, 4),
      first: "ask-4011",
      forms: "BA",
    },
  ];
  it.each(rows)("$name", ({ steps, first, forms, ignored = false }) => {
    expect(play(steps, first)).toEqual({ forms, ignored });
  });
});
