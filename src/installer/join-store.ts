import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { type DurableBook, openDurableBook } from "../runtime/durable-book.ts";
import type { DurableDisk } from "../runtime/durable-file.ts";
import { forgetSecrets, type JoinTicket } from "./join-grant.ts";
import { formatTickets, parseTickets, type TicketWish, type TokenHash } from "./join-ticket.ts";

/** Opens the tickets of a folder that nobody else may enter; `join-store.unusable` where that fails. */
export async function openJoinStore(folder: string, disk: DurableDisk): Promise<JoinStore> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const book = await openDurableBook(join(folder, "tickets.json"), disk, {
    what: "join tickets",
    code: "join-store.unusable",
    loss: "apply the clusters again for new ones",
    parse: parseTickets,
    format: formatTickets,
  });
  return new JoinStore(book);
}

/** The tickets there are; each change is on disk when its promise resolves. */
export class JoinStore {
  readonly #book: DurableBook<TokenHash, JoinTicket>;

  constructor(book: DurableBook<TokenHash, JoinTicket>) {
    this.#book = book;
  }

  readonly of = (token: TokenHash): JoinTicket | undefined => this.#book.of(token);

  list(): readonly JoinTicket[] {
    return [...this.#book.list().values()];
  }

  /** Keeps a ticket; earlier ones of the same node are worth nothing from then on. */
  async put({ token, ticket }: TicketWish, now: number): Promise<void> {
    await this.#book.keep(token, ticket);
    for (const [other, { cluster, node }] of [...this.#book.list()]) {
      const isSame = cluster === ticket.cluster && node === ticket.node;
      if (isSame && other !== token) await this.#book.forget(other);
    }
    await this.sweep(now);
  }

  keep(token: TokenHash, ticket: JoinTicket): Promise<void> {
    return this.#book.keep(token, ticket);
  }

  /** Takes away the tickets of a cluster, or of one node of it; says how many there were. */
  async remove(cluster: string, node?: string): Promise<number> {
    const gone = [...this.#book.list()].filter(([, ticket]) => {
      return ticket.cluster === cluster && (node === undefined || ticket.node === node);
    });
    for (const [token] of gone) await this.#book.forget(token);
    return gone.length;
  }

  /** Takes secrets off the disk that nobody may fetch any more. */
  async sweep(now: number): Promise<void> {
    for (const [token, ticket] of [...this.#book.list()]) {
      const swept = forgetSecrets(ticket, now);
      if (swept !== ticket) await this.#book.keep(token, swept);
    }
  }
}
