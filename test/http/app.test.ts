// biome-ignore-all lint/suspicious/noTemplateCurlyInString: iPXE writes its settings like that
import { type IncomingMessage, request } from "node:http";
import { text } from "node:stream/consumers";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { buildMachineApp } from "../../src/http/app.ts";
import { type HttpRig, openHttpRig } from "../support/http-rig.ts";

type App = ReturnType<typeof buildMachineApp>;
const mac = "52:54:00:77:00:10";
let rig: HttpRig;
let app: App;

beforeEach(async () => {
  rig = await openHttpRig();
  app = buildMachineApp(rig.deps);
  await rig.write("groups/default.json", { id: "default", profile: "rescue" });
  await rig.write("groups/node.json", {
    id: "node",
    profile: "worker",
    selector: { mac: "52-54-00-77-00-10" },
    metadata: { port: 1000000, "some-dash": true, list: [1], nested: { deep: "x" } },
  });
  await rig.write("profiles/worker.json", {
    id: "worker",
    ignition_id: "worker.ign",
    boot: {
      kernel: "/assets/vmlinuz",
      initrd: ["--name main /assets/i.img"],
      args: ["a=${b}", "&"],
    },
  });
  await rig.write("profiles/rescue.json", { id: "rescue" });
  await rig.write("ignition/worker.ign", '{"ignition": {"version": "3.5.0"}}\n');
});
afterEach(async () => {
  await app.close();
  await rig[Symbol.asyncDispose]();
});

// The type of inject lists fewer methods than it takes, hence the cast.
const ask = (url: string, method = "GET") => app.inject({ url, method: method as "GET" });

describe("routes for machines", () => {
  const notFound = "404 page not found\n";
  const plain = "text/plain; charset=utf-8";
  const bootScript =
    "#!ipxe\nchain ipxe?uuid=${uuid}&mac=${mac:hexhyp}&domain=${domain}&hostname=${hostname}" +
    "&serial=${serial}&arch=${buildarch:uristring}\n";
  const workerScript =
    "#!ipxe\nkernel /assets/vmlinuz a=${b} &\ninitrd --name main /assets/i.img\nboot\n";
  const rows = [
    { url: "/", status: 200, type: plain, body: "matchbox\n" },
    { url: "/boot.ipxe", status: 200, type: plain, body: bootScript },
    { url: "/boot.ipxe.0?ignored=1", status: 200, type: plain, body: bootScript },
    { url: `/ipxe?mac=${mac}`, status: 200, type: plain, body: workerScript },
    { url: "/ipxe?mac=52-54-00-77-00-10", status: 200, type: plain, body: workerScript },
    { url: `/%69pxe?mac=${mac}`, status: 200, type: plain, body: workerScript },
    { url: `//ipxe?mac=${mac}`, status: 200, type: plain, body: workerScript },
    { url: `/x/../ipxe?mac=${mac}`, status: 200, type: plain, body: workerScript },
    { url: `/ipxe?mac=${mac}&mac=52:54:00:00:00:00`, status: 200, type: plain, body: workerScript },
    { url: `/ipxe?MAC=${mac}`, status: 404, type: plain, body: notFound },
    { url: `/ipxe/?mac=${mac}`, status: 404, type: plain, body: notFound },
    { url: "/ipxe?mac=broken", status: 404, type: plain, body: notFound },
    { url: "/nothing", status: 404, type: plain, body: notFound },
    {
      url: `/ignition?mac=${mac}`,
      status: 200,
      type: "application/json",
      body: '{"ignition": {"version": "3.5.0"}}\n',
    },
    { url: "/ignition", status: 404, type: plain, body: notFound },
    { url: "/healthz", status: 200, type: plain, body: "ok\n" },
    { url: "/readyz", status: 200, type: plain, body: "ready\n" },
    { url: "/metrics", status: 200, type: "text/plain; version=0.0.4", body: "up 1\n" },
  ];

  it.each(rows)("answers $url with $status", async ({ url, status, type, body }) => {
    const got = await ask(url);
    expect({ status: got.statusCode, type: got.headers["content-type"], body: got.body }).toEqual({
      status,
      type,
      body,
    });
    expect(got.headers["content-length"]).toBe(String(Buffer.byteLength(body)));
  });

  it.each(["POST", "PUT", "DELETE", "OPTIONS", "PATCH", "TRACE", "PROPFIND"])(
    "answers %s like GET",
    async (method) => {
      const got = await ask("/boot.ipxe", method);
      expect([got.statusCode, got.body]).toEqual([200, bootScript]);
    },
  );

  it("answers HEAD with the length and no body", async () => {
    const got = await ask("/boot.ipxe", "HEAD");
    expect([got.statusCode, got.body, got.headers["content-length"]]).toEqual([200, "", "132"]);
  });

  it("ignores a request body of any type", async () => {
    const post = { url: "/boot.ipxe", method: "POST", payload: "mac=x" } as const;
    const types = ["application/json", "text/strange", "application/x-www-form-urlencoded"];
    for (const type of types) {
      const got = await app.inject({ ...post, headers: { "content-type": type } });
      expect(got.statusCode).toBe(200);
    }
    expect((await app.inject(post)).statusCode).toBe(200);
  });

  it("writes metadata sorted, with numbers as Go prints them", async () => {
    const got = await ask(`/metadata?mac=${mac}&os=in+stalled`);
    expect(got.headers["content-type"]).toBe("plain/text");
    expect(got.body).toBe(
      [
        `MAC=${mac}`,
        "NESTED_DEEP=x",
        "PORT=1e+06",
        `REQUEST_QUERY_MAC=${mac}`,
        "REQUEST_QUERY_OS=in stalled",
        `REQUEST_RAW_QUERY=mac=${mac}&os=in+stalled`,
        "SOME-DASH=true",
        "",
      ].join("\n"),
    );
  });

  it("serves metadata of a group whose profile is missing", async () => {
    await rig.write("groups/orphan.json", { profile: "gone", selector: { os: "x", mac } });
    expect((await ask(`/metadata?os=x&mac=${mac}`)).statusCode).toBe(200);
    expect((await ask(`/ipxe?os=x&mac=${mac}`)).statusCode).toBe(404);
  });

  it("gives an almost empty script for an empty boot object", async () => {
    await rig.write("profiles/rescue.json", { id: "rescue", boot: {} });
    expect((await ask("/ipxe")).body).toBe("#!ipxe\nkernel \nboot\n");
  });

  it.each([
    { name: "no JSON", text: "{" },
    { name: "an empty file", text: "" },
    { name: "no version", text: "{}" },
    { name: "version 1", text: '{"ignition":{"version":"1.0.0"}}' },
  ])("refuses an Ignition file that is $name with a reason", async ({ text }) => {
    await rig.write("ignition/worker.ign", text);
    const got = await ask(`/ignition?mac=${mac}`);
    expect(got.statusCode).toBe(500);
    expect(got.body).toMatch(/^ignition\/worker\.ign is not usable: /);
  });

  it("translates an Ignition file of another name as Butane, once its template is filled", async () => {
    await rig.write("profiles/worker.json", { id: "worker", ignition_id: "worker.yaml" });
    await rig.write("ignition/worker.yaml", "variant: <<nested.deep>> <<request.query.os>>");
    const got = await ask(`/ignition?mac=${mac}&os=installed`);
    expect(got.headers["content-type"]).toBe("application/json");
    expect(got.json()).toEqual({ from: "variant: x installed" });
  });

  it.each([
    { name: "template", text: "variant: <<!" },
    { name: "Butane", text: "passwd: {}" },
  ])("has no Ignition of broken $name", async ({ text }) => {
    await rig.write("profiles/worker.json", { id: "worker", ignition_id: "worker.yaml" });
    await rig.write("ignition/worker.yaml", text);
    expect((await ask(`/ignition?mac=${mac}`)).body).toBe(notFound);
  });

  it.each(["../groups/node.json.ign", "gone.yaml", "gone.ign"])(
    "has no Ignition of the name %s",
    async (ignition_id) => {
      await rig.write("profiles/worker.json", { id: "worker", ignition_id });
      expect((await ask(`/ignition?mac=${mac}`)).body).toBe(notFound);
    },
  );

  it("tells the plan and each request as events", async () => {
    await ask(`/ipxe?mac=${mac}`);
    await ask(`/ipxe?mac=${mac}`, "HEAD");
    expect(rig.events).toMatchObject([
      {
        kind: "plan",
        mac,
        group: "node",
        profile: "worker",
        kernel: "/assets/vmlinuz",
        initrd: ["/assets/i.img"],
      },
      { kind: "http", mac, resource: "ipxe", path: "/ipxe", status: 200, method: "GET" },
      { kind: "http", mac, resource: "ipxe", bytes: 0, method: "HEAD" },
    ]);
  });

  it("shows a broken file by line and column on /readyz?verbose, and serves the rest", async () => {
    await rig.write("groups/broken.json", '{\n  "id": 7\n}');
    const got = await ask("/readyz?verbose");
    expect(got.statusCode).toBe(200);
    expect(got.json()).toMatchObject({
      ready: true,
      problems: [{ file: "groups/broken.json", line: 2, column: 9 }],
    });
    expect((await ask(`/ipxe?mac=${mac}`)).statusCode).toBe(200);
  });

  it("is not ready while a part is not", async () => {
    const readiness = () => [{ component: "dhcp", ready: false, detail: "no interface" }];
    const waiting = buildMachineApp({ ...rig.deps, readiness });
    const got = await waiting.inject("/readyz");
    expect([got.statusCode, got.body]).toEqual([503, "not ready: dhcp\n"]);
  });

  it("says 500 and no more when something of ours fails", async () => {
    const metrics = { contentType: "x", render: () => Promise.reject(new Error("secret")) };
    const failing = buildMachineApp({ ...rig.deps, metrics });
    const got = await failing.inject("/metrics");
    expect([got.statusCode, got.body]).toEqual([500, "500 internal error\n"]);
  });
});

describe("/grub, /cloud and /generic", () => {
  beforeEach(async () => {
    await rig.write("profiles/rescue.json", { id: "rescue", cloud_id: "c.yaml", generic_id: "g" });
    await rig.write("cloud/c.yaml", "#cloud-config\nport: <<request.query.port>>\n");
    await rig.write("generic/g", "<html> <<request.raw_query>>");
  });

  it("gives GRUB the machine's plan, and tells it", async () => {
    const got = await ask(`/grub?mac=${mac}`);
    expect(got.body).toContain('linuxefi "/assets/vmlinuz" a=${b} &\n');
    expect(rig.events).toMatchObject([{ kind: "plan" }, { kind: "http", resource: "grub" }]);
    expect((await ask("/grub")).statusCode).toBe(404);
  });

  it("fills templates and reads the type from the text", async () => {
    const cloud = await ask("/cloud?port=7");
    expect([cloud.statusCode, cloud.body]).toEqual([200, "#cloud-config\nport: 7\n"]);
    expect(cloud.headers["content-type"]).toBe("text/plain; charset=utf-8");
    const generic = await ask("/generic?a=%20b");
    expect([generic.statusCode, generic.body]).toEqual([200, "<html> a=%20b"]);
    expect(generic.headers["content-type"]).toBe("text/html; charset=utf-8");
  });

  it("sends parts of them", async () => {
    const part = { url: "/generic?a=b", headers: { range: "bytes=7-" } };
    const got = await app.inject(part);
    expect([got.statusCode, got.body]).toEqual([206, "a=b"]);
    expect(got.headers["content-range"]).toBe("bytes 7-9/10");
    const none = await app.inject({ ...part, headers: { range: "bytes=99-" } });
    expect([none.statusCode, none.headers["content-range"]]).toEqual([416, "bytes */10"]);
  });

  it.each([
    { name: "a failed template", path: "/generic", file: "generic/g", text: "<<!" },
    { name: "a failed template of user data", path: "/cloud", file: "cloud/c.yaml", text: "<<!" },
    { name: "user data of no known kind", path: "/cloud", file: "cloud/c.yaml", text: "a: b" },
    {
      name: "user data that is no YAML",
      path: "/cloud",
      file: "cloud/c.yaml",
      text: "#cloud-config\na: [",
    },
  ])("has nothing for $name", async ({ path, file, text }) => {
    await rig.write(file, text);
    const got = await ask(path);
    expect([got.statusCode, got.body]).toEqual([404, "404 page not found\n"]);
  });

  it.each(["/cloud", "/generic"])("has no %s for a profile that names none", async (path) => {
    expect((await ask(`${path}?mac=${mac}`)).statusCode).toBe(404);
  });

  it("sends an empty file as it is", async () => {
    await rig.write("generic/g", "");
    const got = await ask("/generic");
    expect([got.statusCode, got.headers["content-length"]]).toEqual([200, "0"]);
  });
});

describe("an unclean path, where redirects are wanted", () => {
  it.each([
    { path: "//ipxe?a=b", to: "/ipxe?a=b" },
    { path: "/x/../boot.ipxe", to: "/boot.ipxe" },
    { path: "/./assets/", to: "/assets/" },
    { path: '//a"<b', to: '/a"<b' },
  ])("$path goes to $to", async ({ path, to }) => {
    const compatible = buildMachineApp({ ...rig.deps, uncleanPaths: "redirect" });
    const { port } = new URL(await compatible.listen({ host: "127.0.0.1", port: 0 }));
    // Not inject and not fetch: both would clean the path themselves.
    const response = await new Promise<IncomingMessage>((resolve, reject) => {
      request({ port, path }, resolve).on("error", reject).end();
    });
    expect([response.statusCode, response.headers.location]).toEqual([301, to]);
    expect(await text(response)).toMatch(/^<a href="[^"<]*">Moved Permanently<\/a>\.\n\n$/);
    await compatible.close();
  });

  it("is the only one that goes elsewhere", async () => {
    const compatible = buildMachineApp({ ...rig.deps, uncleanPaths: "redirect" });
    expect((await compatible.inject("/boot.ipxe")).statusCode).toBe(200);
  });
});

describe("/report", () => {
  it("publishes the machine's word with its address", async () => {
    const url = `/report?mac=${mac}&stage=up&message=all%0Awell`;
    const got = await app.inject({ url, method: "POST", remoteAddress: "10.0.0.9" });
    expect([got.statusCode, got.body]).toEqual([200, "ok\n"]);
    const address = 0x0a000009;
    expect(rig.events[0]).toMatchObject({
      kind: "report",
      mac,
      address,
      stage: "up",
      message: "all well",
    });
  });

  it("knows a machine that does not say its MAC by its address", async () => {
    await app.inject({ url: `/boot.ipxe?mac=${mac}`, remoteAddress: "10.0.0.9" });
    await app.inject({ url: "/report?stage=up", remoteAddress: "10.0.0.9" });
    expect(rig.events[1]).toMatchObject({ kind: "report", mac });
  });

  it.each(["", "stage=", "stage=a%20b", `stage=${"x".repeat(33)}`])(
    "refuses '%s'",
    async (query) => {
      expect((await ask(`/report?${query}`)).statusCode).toBe(400);
      expect(rig.events.map(({ kind }) => kind)).toEqual(["http"]);
    },
  );

  it("cuts a long message", async () => {
    await ask(`/report?stage=up&message=${"x".repeat(2000)}`);
    expect(rig.events[0]).toMatchObject({ message: "x".repeat(512) });
  });
});
