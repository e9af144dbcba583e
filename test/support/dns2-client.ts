/** Asks `server` for the A records of `name` with the npm client dns2 and prints them as JSON. */
import { createRequire } from "node:module";

// dns2 ships no types; this is the piece of it that is used here.
type Dns2 = new (options: {
  readonly nameServers: readonly string[];
  readonly recursive: boolean;
}) => { resolveA(name: string): Promise<{ answers: readonly { address?: string }[] }> };

const [server = "", name = ""] = process.argv.slice(2);
const Client: Dns2 = createRequire(import.meta.url)("dns2");
const { answers } = await new Client({ nameServers: [server], recursive: false }).resolveA(name);
process.stdout.write(JSON.stringify(answers.map(({ address }) => address)));
