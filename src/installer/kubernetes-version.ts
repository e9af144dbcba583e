/**
 * The minor release of a version of Kubernetes, 20 of `v1.20.2`, by which its programs take other flags.
 * What is no version counts as newer than all.
 */
export function minorRelease(version: string): number {
  const minor = /^v?1\.(\d+)(?:\.|$)/.exec(version)?.[1];
  return minor === undefined ? Number.POSITIVE_INFINITY : Number(minor);
}
