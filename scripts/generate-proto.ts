/**
 * Writes `src/rpc/proto/*_pb.ts` from the `.proto` files beside them. They are checked in, so that
 * only who changes a message needs protoc: `node scripts/generate-proto.ts`.
 */
import { execFileSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { resolve } from "node:path";

const root = resolve(import.meta.dirname, "..");
const folder = "src/rpc/proto";

if (process.argv.includes("--help")) {
  console.log(`usage: node scripts/generate-proto.ts   writes ${folder}/*_pb.ts with protoc`);
} else {
  const sources = readdirSync(resolve(root, folder)).filter((name) => name.endsWith(".proto"));
  const options = ["--es_opt=target=ts,import_extension=ts", `--es_out=${folder}`, `-I${folder}`];
  const plugin = "--plugin=protoc-gen-es=node_modules/.bin/protoc-gen-es";
  run("protoc", [plugin, ...options, ...sources]);
  run("node_modules/.bin/biome", ["check", "--write", folder]);
}

function run(program: string, argv: readonly string[]): void {
  execFileSync(program, argv, { cwd: root, stdio: "inherit" });
}
