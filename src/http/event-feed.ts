import type { BootEvent } from "../boot/event.ts";
import { formatEvent } from "../boot/event-json.ts";

/** An event and its place: its time and how many of the same millisecond came before it. */
export type FeedEntry = { readonly id: string; readonly event: BootEvent };

/** Events in order → entries; `last` is the entry before the first of them. */
export function numberEvents(events: readonly BootEvent[], last?: FeedEntry): readonly FeedEntry[] {
  const entries: FeedEntry[] = [];
  let before = last;
  for (const event of events) {
    before = { id: nextId(event, before), event };
    entries.push(before);
  }
  return entries;
}

/**
 * The entries after `since`: an id as given out, or a time in milliseconds. An id that is no longer
 * kept stands for its time. Undefined for a text that is neither.
 */
export function entriesAfter(
  entries: readonly FeedEntry[],
  since: string,
): readonly FeedEntry[] | undefined {
  const time = /^(\d{1,15})(\.\d{1,9})?$/.exec(since)?.[1];
  if (time === undefined) return undefined;
  const place = entries.findIndex((entry) => entry.id === since);
  if (place >= 0) return entries.slice(place + 1);
  return entries.filter(({ event }) => event.at > Number(time));
}

/**
 * One entry as a server-sent event (WHATWG HTML §9.2.6): `event` is the kind, `data` one JSON
 * line.
 */
export function formatEntry({ id, event }: FeedEntry): string {
  return `id: ${id}\nevent: ${event.kind}\ndata: ${formatEvent(event)}\n\n`;
}

function nextId(event: BootEvent, before: FeedEntry | undefined): string {
  if (before?.event.at !== event.at) return `${event.at}.0`;
  return `${event.at}.${Number(before.id.split(".")[1]) + 1}`;
}
