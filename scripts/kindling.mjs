#!/usr/bin/env node
// `kindling …` under whatever Node the host has: hands over to the pinned Node 24, which runs the
// TypeScript sources as they are. Nothing but the way there happens here.
import { fileURLToPath } from "node:url";
import { handOver, pinnedNode } from "./pinned-node.mjs";

const main = fileURLToPath(new URL("../src/main.ts", import.meta.url));
handOver(pinnedNode(), [main, ...process.argv.slice(2)]);
