/**
 * The shells' floor: clock, randomness, sockets, files, signals, the log and the event bus. What
 * is here may touch the world; what is pure may not import it.
 */

/** Something that runs until it is disposed of. `done` settles when it ended by itself, rejecting on failure. */
export type Service = {
  readonly name: string;
  readonly done: Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
};

/** A service whose ports are bound but which answers nobody yet: every port is bound before one is served. */
export type BoundService = Service & { serve(): void };
