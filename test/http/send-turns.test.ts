import { beforeEach, describe, expect, it } from "vitest";
import { SendTurns } from "../../src/http/send-turns.ts";

const mebibyte = 1 << 20;
let tasks: (() => void)[] = [];
let turns: SendTurns;
let sent: string[] = [];

beforeEach(() => {
  [tasks, sent] = [[], []];
  turns = new SendTurns((task) => tasks.push(task));
});

async function nextTurn(): Promise<void> {
  for (const task of tasks.splice(0)) task();
  await Promise.resolve();
}

async function send(name: string, bytes = mebibyte): Promise<void> {
  await turns.take(bytes);
  sent.push(name);
}

describe("downloads", () => {
  it("send at once while a turn has room, and wait for the next when it has none", async () => {
    const all = Array.from("abcdefghij", (name) => send(name));
    await Promise.resolve();
    expect(sent.join("")).toBe("abcd");
    await nextTurn();
    expect(sent.join("")).toBe("abcdefgh");
    await nextTurn();
    await Promise.all(all);
    expect(sent.join("")).toBe("abcdefghij");
  });

  it("that come later do not pass those that wait", async () => {
    const waiting = Array.from("abcdefghij", (name) => send(name));
    await nextTurn();
    const late = send("z", 1);
    await nextTurn();
    await Promise.all([...waiting, late]);
    expect(sent.at(-1)).toBe("z");
  });

  it("send one at a time while others come, so that these are heard sooner", async () => {
    const all = Array.from("abcdefghijkl", (name) => send(name));
    await Promise.resolve();
    turns.makeWay();
    turns.makeWay(); // two of them
    await nextTurn();
    expect(sent.join("")).toBe("abcde");
    turns.makeWay();
    await nextTurn();
    expect(sent.join("")).toBe("abcdef");
    await nextTurn(); // nobody came
    expect(sent.join("")).toBe("abcdefghij");
    await nextTurn();
    await Promise.all(all);
  });

  it("ask for no turn when nobody sends", async () => {
    await send("a");
    await nextTurn();
    expect(tasks).toEqual([]);
  });
});
