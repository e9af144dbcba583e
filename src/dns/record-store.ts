import { KindlingError } from "../errors.ts";
import { type DurableBook, openDurableBook } from "../runtime/durable-book.ts";
import type { DurableDisk } from "../runtime/durable-file.ts";
import {
  formatRecordBook,
  type KeptRecords,
  parseRecordBook,
  parseRecordWish,
  type RecordBook,
  withKeptRecords,
} from "./kept-records.ts";
import { type DnsSettings, parseDnsSettings } from "./settings.ts";

/** Whoever answers by the settings; throws `config.invalid` where they contradict themselves. */
type Answering = (settings: DnsSettings) => void;

/** Opens the kept records of a file; `record-store.unusable` where that cannot be read. */
export async function openRecordStore(
  path: string,
  disk: DurableDisk,
  settings: DnsSettings,
): Promise<RecordStore> {
  const book = await openDurableBook<string, KeptRecords>(path, disk, {
    what: "DNS records",
    code: "record-store.unusable",
    loss: "apply the clusters again for their names",
    parse: parseRecordBook,
    format: formatRecordBook,
  });
  return new RecordStore(book, settings);
}

/** Records that come and go while the daemon runs; each change is on disk and answered when it resolves. */
export class RecordStore {
  readonly #book: DurableBook<string, KeptRecords>;
  #settings: DnsSettings;
  #answer: Answering = () => {};

  constructor(book: DurableBook<string, KeptRecords>, settings: DnsSettings) {
    this.#book = book;
    this.#settings = settings;
  }

  /** The settings of the configuration, and the kept records in them. */
  get settings(): DnsSettings {
    return withKeptRecords(this.#settings, this.#book.list());
  }

  /** Who is told of changes. */
  answerBy(answer: Answering): void {
    this.#answer = answer;
  }

  /** After a reload; throws `config.invalid` and keeps the old ones where both do not fit together. */
  replaceSettings(settings: DnsSettings): void {
    this.#answer(withKeptRecords(settings, this.#book.list()));
    this.#settings = settings;
  }

  readonly list = (): RecordBook => this.#book.list();

  /** Puts an owner's records in the place of its earlier ones. */
  readonly put = async (owner: string, body: string): Promise<void> => {
    const wish = parseRecordWish(body);
    const next = new Map(this.#book.list()).set(owner, wish);
    try {
      parseDnsSettings(withKeptRecords(this.#settings, next));
    } catch (error) {
      if (!(error instanceof KindlingError)) throw error;
      throw new KindlingError("usage.invalid", error.message, {}, error);
    }
    await this.#book.keep(owner, wish);
    this.#answer(this.settings);
  };

  /** False: there were none. */
  readonly remove = async (owner: string): Promise<boolean> => {
    const known = await this.#book.forget(owner);
    if (known) this.#answer(this.settings);
    return known;
  };
}
