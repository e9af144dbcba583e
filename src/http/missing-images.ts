import { formatReference, type ImageReference } from "../assets/oci/reference.ts";
import { importCure } from "../assets/oci/registry-answer.ts";
import type { FindingSink } from "../boot/finding.ts";

/** Names come from whoever asks, so few are held; the eldest goes. */
const missingMax = 64;

/** The images that machines asked for in vain: a finding each, until one is served. */
export class MissingImages {
  readonly #findings: FindingSink;
  readonly #missing = new Set<string>();

  constructor(findings: FindingSink) {
    this.#findings = findings;
  }

  missed(reference: ImageReference, asker: string): void {
    const image = formatReference(reference);
    this.#missing.delete(image);
    this.#missing.add(image);
    this.#findings.raise({
      code: "oci.image-missing",
      severity: "warning",
      subject: image,
      sentence: `${asker} asked for ${image}, which is not in the mirror`,
      cure: importCure(image),
    });
    const [eldest] = this.#missing;
    if (this.#missing.size > missingMax && eldest !== undefined) this.#forget(eldest);
  }

  served(reference: ImageReference): void {
    if (this.#missing.size > 0) this.#forget(formatReference(reference));
  }

  #forget(image: string): void {
    if (!this.#missing.delete(image)) return;
    this.#findings.clear({ code: "oci.image-missing", subject: image });
  }
}
