import { parseTemplate, renderTemplate } from "../../src/render/go-template/template.ts";
import type { Bench } from "./series.ts";

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

/** Reading and filling a typical template of a machine, after as long to warm up. */
export function templatesBench(rounds: number, seconds: number): Bench<{ readonly name: string }> {
  return {
    name: "templates",
    what: `a Go template of ${(text.length / 1000).toFixed(1)} kB for ${seconds} s`,
    metrics: [
      { name: "renders", unit: "1/s", wants: "more" },
      { name: "parses", unit: "1/s", wants: "more" },
    ],
    contenders: [{ name: "kindling" }],
    rounds,
    async measure() {
      const template = parseTemplate(text);
      const renders = perSecond(() => renderTemplate(template, data), seconds);
      return { renders, parses: perSecond(() => parseTemplate(text), seconds) };
    },
  };
}

function perSecond(action: () => unknown, seconds: number): number {
  const count = () => {
    const end = performance.now() + seconds * 1000;
    let runs = 0;
    for (; performance.now() < end; runs++) action();
    return runs / seconds;
  };
  count();
  return count();
}
