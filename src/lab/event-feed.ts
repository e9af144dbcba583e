import { request } from "node:http";
import type { BootEvent } from "../boot/event.ts";
import { parseEvent } from "../boot/event-json.ts";
import { KindlingError } from "../errors.ts";

/** Longest event that is kept while its end is awaited. */
const eventLimit = 64 * 1024;

/** Cuts a stream of server-sent events into their data, whatever the cut of the chunks. */
export class EventStreamText {
  #pending = "";

  /** Takes text and returns the data of the events it completed. */
  feed(text: string): readonly string[] {
    const blocks = (this.#pending + text).split("\n\n");
    this.#pending = (blocks.pop() ?? "").slice(-eventLimit);
    return blocks.flatMap((block) => {
      const lines = block.split("\n").filter((line) => line.startsWith("data:"));
      return lines.length === 0 ? [] : [lines.map((line) => line.slice(5).trimStart()).join("\n")];
    });
  }
}

/** Follows the daemon's events, from its first one on; resolves once the daemon answers. */
export async function followEvents(
  socketPath: string,
  listener: (event: BootEvent) => void,
  signal: AbortSignal,
): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const call = request({ socketPath, path: "/v1/events?since=0", signal }, (response) => {
      if (response.statusCode !== 200) {
        const message = `the daemon answered ${response.statusCode} for its events`;
        reject(new KindlingError("lab.failed", message));
        return;
      }
      const text = new EventStreamText();
      response.setEncoding("utf8");
      response.on("data", (chunk: string) => {
        for (const data of text.feed(chunk)) listener(parseEvent(data));
      });
      response.on("error", () => {}); // the daemon ended: whoever runs it knows
      resolve();
    });
    call.on("error", reject);
    call.end();
  });
}
