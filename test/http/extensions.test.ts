// biome-ignore-all lint/suspicious/noTemplateCurlyInString: iPXE writes its settings like that
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { buildMachineApp } from "../../src/http/app.ts";
import { type HttpRig, openHttpRig } from "../support/http-rig.ts";

const mac = "52:54:00:77:00:10";
let rig: HttpRig;
let app: ReturnType<typeof buildMachineApp>;

beforeEach(async () => {
  rig = await openHttpRig();
  app = buildMachineApp(rig.deps);
  await rig.write("groups/default.json", { profile: "rescue" });
  await rig.write("groups/node.json", {
    profile: "worker",
    selector: { mac },
    metadata: { port: 1000000, list: [1], nested: { deep: "x" } },
  });
  await rig.write("profiles/worker.json", { id: "worker" });
});
afterEach(async () => {
  await app.close();
  await rig[Symbol.asyncDispose]();
});

const ask = (url: string) => app.inject(url);

describe("what matchbox does not have", () => {
  const asMatchbox = () => buildMachineApp({ ...rig.deps, extensions: false });

  it("lets a profile name further generic files", async () => {
    await rig.write("profiles/rescue.json", {
      id: "rescue",
      generic_id: "g",
      generic: { ks: "k" },
    });
    await rig.write("generic/g", "g");
    await rig.write("generic/k", "kickstart");
    expect((await ask("/generic?name=ks")).body).toBe("kickstart");
    expect((await ask("/generic")).body).toBe("g");
    expect((await ask("/generic?name=gone")).statusCode).toBe(404);
    expect((await asMatchbox().inject("/generic?name=ks")).body).toBe("g");
  });

  it("gives templates the server's address and the profile's metadata below the group's", async () => {
    const metadata = { a: "profile", port: 7 };
    await rig.write("profiles/worker.json", { id: "worker", generic_id: "g", metadata });
    await rig.write("generic/g", "<<a>> <<port>> <<server.url>>");
    const url = await app.listen({ host: "127.0.0.1", port: 0 });
    const got = await fetch(`${url}/generic?mac=${mac}`, { headers: { host: "evil" } });
    expect(await got.text()).toBe(`profile 1000000 ${url}`);
    expect((await ask(`/metadata?mac=${mac}`)).body).not.toContain("SERVER");
  });

  it("quotes metadata for a shell", async () => {
    const shell = await ask(`/metadata?mac=${mac}&format=shell`);
    expect(shell.body).toContain("LIST_0='1'\nLIST_COUNT='1'\n");
    const plain = await asMatchbox().inject(`/metadata?mac=${mac}&format=shell`);
    expect(plain.body).toContain("PORT=1e+06\n");
  });

  it("fills boot texts that say they are templates, and tells the filled plan", async () => {
    const boot = { template: true, kernel: "/<<nested.deep>>/k", args: ["p=<<port>>"] };
    await rig.write("profiles/worker.json", { id: "worker", boot });
    expect((await ask(`/ipxe?mac=${mac}`)).body).toBe("#!ipxe\nkernel /x/k p=1000000\nboot\n");
    expect(rig.events[0]).toMatchObject({ kind: "plan", kernel: "/x/k" });
    await rig.write("profiles/worker.json", { id: "worker", boot: { ...boot, args: ["<<!"] } });
    expect((await ask(`/ipxe?mac=${mac}`)).statusCode).toBe(404);
  });

  it("has an unknown machine wait, if set so", async () => {
    await rm(join(rig.folder, "groups/default.json"));
    const waiting = buildMachineApp({ ...rig.deps, waitingRoomSeconds: 5 });
    const got = await waiting.inject("/ipxe");
    expect(got.body).toContain("sleep 5\nchain --replace --autofree ipxe?uuid=${uuid}&mac=");
    expect((await waiting.inject("/grub")).statusCode).toBe(404);
    expect(rig.events.map(({ kind }) => kind)).toEqual(["http", "http"]);
    expect((await ask("/ipxe")).statusCode).toBe(404);
  });
});
