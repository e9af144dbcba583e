import { readFile } from "node:fs/promises";
import { createSecureContext } from "node:tls";
import { KindlingError } from "../errors.ts";
import { systemErrorCode } from "../runtime/system-error.ts";

/** Where the PEM files of one end are. */
export type CredentialFiles = {
  readonly caFile: string;
  readonly certFile: string;
  readonly keyFile: string;
};

/** What one end of a TLS connection shows and trusts, as PEM. */
export type Credentials = {
  readonly ca: Buffer;
  readonly cert: Buffer;
  readonly key: Buffer;
};

/** Reads the three files and tries them; `tls.unusable` names the file and the cure. */
export async function readCredentials(files: CredentialFiles): Promise<Credentials> {
  const [ca, cert, key] = await Promise.all([
    readPem(files.caFile, "CERTIFICATE"),
    readPem(files.certFile, "CERTIFICATE"),
    readPem(files.keyFile, "PRIVATE KEY"),
  ]);
  try {
    createSecureContext({ ca, cert, key });
  } catch (error) {
    const pair = `${files.certFile} and ${files.keyFile}`;
    const cause = error instanceof Error ? error.message : String(error);
    throw unusable(`${pair} cannot be used together with ${files.caFile} (${cause})`, files, error);
  }
  return { ca, cert, key };
}

async function readPem(file: string, label: string): Promise<Buffer> {
  let bytes: Buffer;
  try {
    bytes = await readFile(file);
  } catch (error) {
    throw unusable(`cannot read ${file} (${systemErrorCode(error)})`, { file }, error);
  }
  // OpenSSL's own words for a file that is empty or of another format name neither file nor cause.
  if (!new RegExp(`-----BEGIN [A-Z ]*${label}-----`).test(bytes.toString("latin1"))) {
    throw unusable(`${file} holds no PEM block "${label}"`, { file });
  }
  return bytes;
}

function unusable(what: string, details: Record<string, unknown>, cause?: unknown): KindlingError {
  const cure = "make a set with `kindling tls init`, or name other files";
  return new KindlingError("tls.unusable", `${what}: ${cure}`, details, cause);
}
