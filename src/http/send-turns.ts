/** How many bytes of large files all connections together hand to the kernel in one turn of the event loop. */
const turnBytes = 4 << 20;
/**
 * A connection sends at most so much at once, alone or not: with less, a hundred of them cost more calls and no
 * fairness is won, since all wait for the same turns.
 */
export const shareBytes = 1 << 20;

/**
 * Who sends a large file when. The kernel takes megabytes at once, and on a fast cable it has room again
 * before the call returns: left alone, one download keeps the event loop for its whole length (0.4 s for
 * 16 readers of 200 MB), and every script, DHCP and TFTP packet waits behind it. So all downloads share a
 * bounded number of bytes a turn, first come, first served.
 */
export class SendTurns {
  readonly #nextTurn: (task: () => void) => void;
  readonly #waiting: (() => void)[] = [];
  #left = turnBytes;
  #isTold = false;
  #isShort = false;

  /** `nextTurn` runs a task after the sockets have been served once more: `setImmediate`. */
  constructor(nextTurn: (task: () => void) => void) {
    this.#nextTurn = nextTurn;
  }

  /** Waits until `bytes` may be sent. */
  take(bytes: number): Promise<void> | undefined {
    this.#tell();
    if (this.#left > 0 && this.#waiting.length === 0) {
      this.#left -= bytes;
      return undefined;
    }
    return new Promise((resolve) => {
      this.#waiting.push(() => {
        this.#left -= bytes;
        resolve();
      });
    });
  }

  /**
   * Somebody came: the next turn is for one connection only. Node accepts one connection a turn, so with fifty in the
   * queue the last one's script would wait for fifty whole turns.
   */
  makeWay(): void {
    this.#isShort = true;
  }

  /** Of the bytes that were taken so many did not go out: others may send them in this turn. */
  giveBack(bytes: number): void {
    this.#left += bytes;
  }

  #tell(): void {
    if (this.#isTold) return;
    this.#isTold = true;
    this.#nextTurn(() => {
      this.#isTold = false;
      this.#left = this.#isShort ? 1 : turnBytes;
      this.#isShort = false;
      while (this.#left > 0) {
        const next = this.#waiting.shift();
        if (next === undefined) return;
        next();
      }
      this.#tell();
    });
  }
}
