/** Renders of a typical template of 2 KB for a second; prints one JSON line. */
import { parseTemplate, renderTemplate } from "../../src/render/go-template/template.ts";

const unit = `    - name: {{.role}}-{{.name}}.service
      enabled: {{if .enabled}}true{{else}}false{{end}}
      contents: |
        [Unit]
        Description={{printf "%s on %s" .role .name}}
        [Service]
        Environment=MAC={{.mac}} OS={{index .request.query "os"}}
        {{- range $i, $peer := .peers}}
        Environment=PEER_{{$i}}={{$peer.name}}:{{$peer.port}}
        {{- end}}
`;
const text = `variant: fcos\nversion: 1.5.0\nsystemd:\n  units:\n${unit.repeat(5)}`;
const data = {
  role: "worker",
  name: "node1",
  enabled: true,
  mac: "52:54:00:12:34:56",
  peers: [1, 2, 3].map((number) => ({ name: `node${number}`, port: 2380 })),
  request: { query: new Map([["os", "fcos"]]), raw_query: "os=fcos" },
};
const template = parseTemplate(text);
const render = rate(() => renderTemplate(template, data));
const parse = rate(() => parseTemplate(text));
process.stdout.write(`${JSON.stringify({ bytes: text.length, render, parse })}\n`);

// Per second, after as long to warm up.
function rate(action: () => unknown): number {
  const count = (milliseconds: number) => {
    const end = performance.now() + milliseconds;
    let rounds = 0;
    for (; performance.now() < end; rounds++) action();
    return rounds;
  };
  count(1000);
  return count(1000);
}
