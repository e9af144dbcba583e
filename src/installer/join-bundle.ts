import { formatTarEnd, formatTarHeader, tarPadding } from "../assets/image/tar-write.ts";
import type { JoinFile } from "./join-grant.ts";

/** A bundle as a tar archive, whose paths are relative to the root: `tar -xp --same-owner -C /`
 * puts it in its place. */
export function formatJoinBundle(files: readonly JoinFile[]): Buffer {
  const parts = files.flatMap(({ path, mode, owner, text }) => {
    const bytes = Buffer.from(text);
    const header = formatTarHeader({
      path: path.slice(1),
      size: bytes.length,
      mode,
      ...(owner && { owner }),
    });
    return [header, bytes, new Uint8Array(tarPadding(bytes.length))];
  });
  return Buffer.concat([...parts, formatTarEnd()]);
}
