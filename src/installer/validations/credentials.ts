import { provisionerHosts } from "../firewall.ts";
import { readSshKey } from "../ssh-key.ts";
import { type Offence, offenceIf, type Validation } from "../validation.ts";

const dayMs = 86_400_000;
/** What is signed lives a year: an authority that ends sooner ends all of it. */
const soonDays = 365;

/** What is given to be let in with: keys, authorities, secrets. */
export const credentialRows: readonly Validation[] = [
  {
    id: "authority.unusable",
    severity: "error",
    sentence: "the given authority may sign, and its key is that of its certificate",
    cure: "give both files of one authority, the key without a passphrase, RSA or ECDSA",
    check: ({ authority }, { authority: facts }) => {
      if (authority === undefined) return [];
      if (facts === undefined) return "unknown";
      return facts.kind === "unusable" ? [{ path: "authority", what: facts.why }] : [];
    },
  },
  {
    id: "authority.expired",
    severity: "error",
    sentence: "the given authority is valid today",
    cure: "renew it, or leave authority out: one is made",
    check: ({ authority }, { authority: facts, now }) => {
      if (authority === undefined) return [];
      if (facts === undefined) return "unknown";
      if (facts.kind === "unusable") return [];
      const day = (time: number) => new Date(time).toISOString().slice(0, 10);
      return [
        ...offenceIf(facts.notAfter <= now, "authority", `it ended on ${day(facts.notAfter)}`),
        ...offenceIf(facts.notBefore > now, "authority", `it begins on ${day(facts.notBefore)}`),
      ];
    },
  },
  {
    id: "authority.ends-soon",
    severity: "warning",
    sentence: "the given authority outlives what it signs",
    cure: "renew it first: certificates count for a year, and end with it",
    check: ({ authority }, { authority: facts, now }) => {
      if (authority === undefined) return [];
      if (facts === undefined) return "unknown";
      if (facts.kind === "unusable" || facts.notAfter <= now) return [];
      const days = Math.floor((facts.notAfter - now) / dayMs);
      return offenceIf(days < soonDays, "authority", `it ends in ${days} days`);
    },
  },
  {
    id: "ssh.private",
    severity: "error",
    sentence: "a private key never goes to machines",
    cure: "give the .pub file's line, and make a new pair: this one has been shown",
    check: ({ sshKeys }) => keysThatAre("private", sshKeys),
  },
  {
    id: "ssh.unreadable",
    severity: "error",
    sentence: "each of sshKeys is one whole public key",
    cure: "copy the line of the .pub file: type, base64, comment",
    check: ({ sshKeys }) => keysThatAre("unreadable", sshKeys),
  },
  {
    id: "ssh.none",
    severity: "warning",
    sentence: "without a key nobody can log in to a machine that does not come up",
    cure: "add a line to sshKeys",
    check: ({ sshKeys }) => offenceIf(sshKeys.length === 0, "sshKeys", "none"),
  },
  {
    id: "pull-secret.form",
    severity: "error",
    sentence: "the pull secret is a docker config.json with credentials of at least one registry",
    cure: "give the file that docker login writes, ~/.docker/config.json",
    check: ({ pullSecret }) => {
      if (pullSecret === undefined) return [];
      const why = refusePullSecret(pullSecret);
      return why === undefined ? [] : [{ path: "pullSecret", what: why }];
    },
  },
  {
    id: "etcd.endpoint",
    severity: "error",
    sentence: "etcd elsewhere is named as https://host:port",
    cure: "write https://10.0.0.5:2379, without a path",
    check: ({ etcd }) => {
      if (etcd.kind !== "external") return [];
      const form = /^https:\/\/(?:[a-z0-9.-]+|\[[0-9a-f:]+\]):\d{1,5}$/i;
      return etcd.endpoints.flatMap((endpoint, at) => {
        return offenceIf(!form.test(endpoint), `etcd.endpoints.${at}`, `"${endpoint}"`);
      });
    },
  },
  {
    id: "administrator.email",
    severity: "error",
    sentence: "the administrator's e-mail is an address",
    cure: "write name@example.com, or leave it out",
    check: ({ administrator: { email } }) => {
      const isBad = email !== undefined && !/^[^\s@]+@[^\s@]+$/.test(email);
      return offenceIf(isBad, "administrator.email", `"${email}"`);
    },
  },
  {
    id: "firewall.provisioner",
    severity: "error",
    sentence: "a firewall knows this daemon's host by its addresses",
    cure: "name it by address in --origin and --join-origin, set interfaces, or firewall.level: off",
    check: ({ firewall: { level, egress } }, surroundings) => {
      if (level === "off") return [];
      const { origin, joinOrigin } = surroundings;
      const ours = [new URL(origin).hostname, new URL(joinOrigin).hostname];
      return provisionerHosts(surroundings)
        .filter(
          ({ host, addresses }) =>
            addresses.length === 0 && (egress === "listed" || ours.includes(host)),
        )
        .map(({ host }) => ({ path: "firewall", what: `no address of ${host} is known here` }));
    },
  },
  {
    id: "firewall.no-user",
    severity: "warning",
    sentence: "with a firewall, ssh is open to the networks of users",
    cure: "name firewall.userNetworks; without it the served subnets count",
    check: ({ firewall }, { subnets }) => {
      if (firewall.level === "off" || firewall.userNetworks.length > 0) return [];
      if (subnets === undefined) return "unknown";
      return offenceIf(subnets.length === 0, "firewall.userNetworks", "none, and none is served");
    },
  },
];

function keysThatAre(kind: "private" | "unreadable", keys: readonly string[]): readonly Offence[] {
  return keys.flatMap((key, at) => {
    return offenceIf(readSshKey(key) === kind, `sshKeys.${at}`, `"${key.slice(0, 24)}…"`);
  });
}

function refusePullSecret(text: string): string | undefined {
  const value = parseJson(text);
  const auths = memberOf(value, "auths");
  if (typeof auths !== "object" || auths === null) return 'it has no "auths"';
  const rows = Object.entries(auths);
  if (rows.length === 0) return "it names no registry";
  const bare = rows.find(([, row]) => {
    const [auth, token] = [memberOf(row, "auth"), memberOf(row, "identitytoken")];
    return typeof auth !== "string" && typeof token !== "string";
  });
  if (bare === undefined) return undefined;
  return `${bare[0]} has neither "auth" nor "identitytoken" (a credential store keeps it?)`;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined; // told as what is not there
    throw error;
  }
}

function memberOf(value: unknown, key: string): unknown {
  if (typeof value !== "object" || value === null) return undefined;
  return Object.getOwnPropertyDescriptor(value, key)?.value;
}
