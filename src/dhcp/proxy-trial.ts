/** The forms that are tried out: A names the file, B sends the client to port 4011 for it. */
export type TrialForm = "direct" | "ask-4011";

/** What one client was last offered, and what it made of it. */
export type Trial = {
  readonly form: TrialForm;
  readonly at: number;
  /** Offers since its last sign of life; 0 after one. */
  readonly unanswered: number;
  /** The form after which it came for a file: where its next start begins. */
  readonly worked?: TrialForm;
};

/** A client that comes again within this time, without a sign of life, did not like the answer. */
const secondTryMs = 60_000;
/** Tries further apart than this are starts of their own: somebody may just have pressed Escape. */
const sameTroubleMs = 600_000;
/** A file that is fetched so much later was fetched for another reason. */
const fetchMs = 600_000;
/** Both forms twice, or A four times where only A is offered. EDK2 sends four DISCOVERs a start. */
const ignoredOffers = 4;

/** The form for a DISCOVER, where `first` is what the firmware is thought to take. */
export function nextForm(trial: Trial | undefined, first: TrialForm, now: number): TrialForm {
  if (trial === undefined) return first;
  const comesBack = trial.unanswered > 0 && now - trial.at <= secondTryMs;
  if (!comesBack) return trial.worked ?? first;
  return trial.form === "direct" ? "ask-4011" : "direct";
}

/** After an offer of that form. */
export function afterOffer(trial: Trial | undefined, form: TrialForm, now: number): Trial {
  const before = trial !== undefined && now - trial.at <= sameTroubleMs ? trial.unanswered : 0;
  const worked = trial?.worked;
  return { form, at: now, unanswered: before + 1, ...(worked && { worked }) };
}

/** After a REQUEST, to anybody's port: it goes on, though maybe not with our file. */
export function afterRequest(trial: Trial): Trial {
  return { ...trial, unanswered: 0 };
}

/** After it came for a file by TFTP or HTTP: the form that it was offered last works. */
export function afterFetch(trial: Trial, now: number): Trial {
  const settled = { ...trial, unanswered: 0 };
  return now - trial.at <= fetchMs ? { ...settled, worked: trial.form } : settled;
}

/** True when it was offered all there is, and showed no sign of having heard it. */
export function isIgnored(trial: Trial | undefined): boolean {
  return trial !== undefined && trial.unanswered >= ignoredOffers;
}
