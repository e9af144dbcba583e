/**
 * A boot packet by packet: `node scripts/pcap-story.ts boot.pcap` reads what `npm start -- --pcap`
 * or tcpdump wrote, through the parsers of the daemon itself. docs/boot-flow.md is made with it.
 */
import { readFileSync } from "node:fs";
import { parsePcap } from "../src/lab/pcap.ts";
import { tellPackets } from "./packet-story.ts";

const [file] = process.argv.slice(2);
if (file === undefined || file === "--help") {
  console.log("usage: node scripts/pcap-story.ts FILE.pcap   tells an Ethernet capture in words");
  process.exitCode = file === undefined ? 2 : 0;
} else {
  for (const line of tellPackets(parsePcap(readFileSync(file)))) console.log(line);
}
