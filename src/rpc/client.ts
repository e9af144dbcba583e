import { type Client, Code, ConnectError, createClient, type Transport } from "@connectrpc/connect";
import { createGrpcTransport, Http2SessionManager } from "@connectrpc/connect-node";
import { KindlingError } from "../errors.ts";
import type { Credentials } from "./credentials.ts";
import { missingFile } from "./failure.ts";
import {
  formatGroupMessage,
  formatProfileMessage,
  type GroupBody,
  type ProfileBody,
  parseGroupMessage,
  parseProfileMessage,
} from "./messages.ts";
import { Generic, Groups, Ignition, Profiles } from "./proto/rpc_pb.ts";

/** The catalog of a daemon, or of a matchbox, as its API gives it. */
export type CatalogClient = AsyncDisposable & {
  readonly groups: Entries<GroupBody>;
  readonly profiles: Entries<ProfileBody>;
  readonly ignition: Files;
  readonly generic: Files;
};

type Entries<T> = {
  list(): Promise<readonly T[]>;
  show(id: string): Promise<T>;
  put(entry: T): Promise<void>;
  remove(id: string): Promise<void>;
};

type Files = {
  show(name: string): Promise<Uint8Array>;
  put(name: string, config: Uint8Array): Promise<void>;
  remove(name: string): Promise<void>;
};

export type ClientOptions = {
  /** `host:port`; the next is tried when one cannot be reached. */
  readonly endpoints: readonly string[];
  readonly credentials: Credentials;
  readonly timeoutMs: number;
};

/** One call on the endpoint that answers. */
type Call = <T>(run: (transport: Transport) => Promise<T>) => Promise<T>;

/** Makes a client; nothing is dialled before the first call. Errors are `KindlingError`. */
export function openCatalogClient(options: ClientOptions): CatalogClient {
  const { credentials: nodeOptions, timeoutMs } = options;
  const ends = options.endpoints.map((endpoint) => {
    const baseUrl = `https://${endpoint}`;
    const sessionManager = new Http2SessionManager(baseUrl, {}, nodeOptions);
    const transport = createGrpcTransport({
      ...{ baseUrl, nodeOptions, sessionManager },
      defaultTimeoutMs: timeoutMs,
    });
    return { endpoint, sessionManager, transport };
  });
  const call: Call = async (run) => {
    const failures: { endpoint: string; error: unknown }[] = [];
    for (const { endpoint, transport } of ends) {
      try {
        return await run(transport);
      } catch (error) {
        failures.push({ endpoint, error });
        if (ConnectError.from(error).code !== Code.Unavailable) break;
      }
    }
    throw explain(failures);
  };
  return {
    groups: groupsOf(call),
    profiles: profilesOf(call),
    ignition: ignitionOf(call),
    generic: genericOf(call),
    async [Symbol.asyncDispose]() {
      for (const { sessionManager } of ends) sessionManager.abort();
    },
  };
}

function groupsOf(call: Call): Entries<GroupBody> {
  const ask = <T>(run: (client: Client<typeof Groups>) => Promise<T>) =>
    call((transport) => run(createClient(Groups, transport)));
  return {
    async list() {
      return (await ask((client) => client.groupList({}))).groups.map(parseGroupMessage);
    },
    async show(id) {
      const { group } = await ask((client) => client.groupGet({ id }));
      return parseGroupMessage(group ?? emptyAnswer());
    },
    async put(group) {
      await ask((client) => client.groupPut({ group: formatGroupMessage(group) }));
    },
    async remove(id) {
      await ask((client) => client.groupDelete({ id }));
    },
  };
}

function profilesOf(call: Call): Entries<ProfileBody> {
  const ask = <T>(run: (client: Client<typeof Profiles>) => Promise<T>) =>
    call((transport) => run(createClient(Profiles, transport)));
  return {
    async list() {
      return (await ask((client) => client.profileList({}))).profiles.map(parseProfileMessage);
    },
    async show(id) {
      const { profile } = await ask((client) => client.profileGet({ id }));
      return parseProfileMessage(profile ?? emptyAnswer());
    },
    async put(profile) {
      await ask((client) => client.profilePut({ profile: formatProfileMessage(profile) }));
    },
    async remove(id) {
      await ask((client) => client.profileDelete({ id }));
    },
  };
}

function ignitionOf(call: Call): Files {
  const ask = <T>(run: (client: Client<typeof Ignition>) => Promise<T>) =>
    call((transport) => run(createClient(Ignition, transport)));
  return {
    show: async (name) => (await ask((client) => client.ignitionGet({ name }))).config,
    async put(name, config) {
      await ask((client) => client.ignitionPut({ name, config }));
    },
    async remove(name) {
      await ask((client) => client.ignitionDelete({ name }));
    },
  };
}

function genericOf(call: Call): Files {
  const ask = <T>(run: (client: Client<typeof Generic>) => Promise<T>) =>
    call((transport) => run(createClient(Generic, transport)));
  return {
    show: async (name) => (await ask((client) => client.genericGet({ name }))).config,
    async put(name, config) {
      await ask((client) => client.genericPut({ name, config }));
    },
    async remove(name) {
      await ask((client) => client.genericDelete({ name }));
    },
  };
}

// A server that refuses our certificate only hangs up: say what that may mean.
function explain(failures: readonly { endpoint: string; error: unknown }[]): KindlingError {
  const told = failures.map(({ endpoint, error }) => {
    const { code, rawMessage } = ConnectError.from(error);
    return { endpoint, code, rawMessage };
  });
  const last = told.at(-1);
  const message = told.map(({ endpoint, rawMessage }) => `${endpoint}: ${rawMessage}`).join("; ");
  if (last?.code === Code.DeadlineExceeded) return new KindlingError("timeout", message);
  const missing = last?.code === Code.NotFound || last?.rawMessage.endsWith(missingFile);
  if (missing === true) return new KindlingError("catalog.not-found", message);
  // Nobody here cancels a call: it is the other end that hung up in the midst of one.
  const unreached = [Code.Unavailable, Code.Aborted, Code.Internal, Code.Canceled, undefined];
  const cure = "is the daemon's rpc.port set, and is the client's certificate of the daemon's CA?";
  return new KindlingError(
    "rpc.failed",
    unreached.includes(last?.code) ? `${message}: ${cure}` : message,
  );
}

function emptyAnswer(): never {
  throw new KindlingError("rpc.failed", "the server answered without what was asked for");
}
