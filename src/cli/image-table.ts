import type { NamedImage } from "../assets/oci/oci-store.ts";
import { formatReference } from "../assets/oci/reference.ts";
import { formatColumns } from "./columns.ts";

/** Images as people read them. */
export function formatImages(images: readonly NamedImage[], now: number): string {
  if (images.length === 0) return "no images: kindling oci import ARCHIVE brings some in\n";
  const rows = images.map(({ reference, record }) => [
    formatReference(reference),
    record.digest.slice(0, "sha256:".length + 12),
    formatBytes(record.bytes),
    record.platforms.join(", ") || "-",
    `${record.source}, ${daysInWords(now - record.at)}`,
  ]);
  return formatColumns([["IMAGE", "DIGEST", "SIZE", "PLATFORMS", "FROM"], ...rows]);
}

const Units = ["B", "KiB", "MiB", "GiB", "TiB"] as const;

/** `1.2 MiB`. */
export function formatBytes(bytes: number): string {
  const power = Math.min(Units.length - 1, Math.floor(Math.log2(Math.max(1, bytes)) / 10));
  const value = bytes / 1024 ** power;
  return `${power === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${Units[power]}`;
}

function daysInWords(ms: number): string {
  const days = Math.floor(ms / 86_400_000);
  return days < 1 ? "today" : days === 1 ? "a day ago" : `${days} days ago`;
}
