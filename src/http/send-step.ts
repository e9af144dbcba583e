/**
 * How a file goes out whose bytes the kernel takes from its own memory. Pure: the shell in kernel-pump.ts
 * does it.
 *
 *     | slice |  kernel, until the socket is full  | slice |  kernel … | last slice |
 *       head                                         wakes               after a look at the file
 *
 * Node does not tell when a socket has room again, unless bytes of its own wait for it. So a slice goes
 * through Node wherever the kernel's part came to a halt: first behind the head of the answer, then each
 * time that the socket is full, and its callback is when the kernel's part goes on. A client that is gone
 * and a file that cannot be read are seen by that slice as well. The last slice is held back until the
 * file was found unchanged: what was mixed of two contents never looks complete.
 */

/** So many bytes go through Node at a time: it costs a copy, and so much memory a transfer. */
export const sliceBytes = 16 * 1024;

/** From this length on the kernel's way is the cheaper one. */
const kernelLeast = 256 * 1024;

/** How an answer's bytes get to the client. */
export type Carriage =
  /** In one piece, with the head. */
  | "at-once"
  /** In pieces, each copied out of this process. */
  | "buffers"
  /** From the page cache, by sendfile(2). */
  | "kernel";

/** What `decideCarriage` looks at. */
export type Cargo = {
  /** `arriving`: a file that is not all there. */
  readonly source: "memory" | "file" | "arriving";
  readonly bytes: number;
  /** Whether files go by this socket: not through TLS. */
  readonly fits: boolean;
};

/** Bytes in memory up to here go out at once. */
const plainBytesMax = 1 << 20;

/** Which way these bytes go. */
export function decideCarriage({ source, bytes, fits }: Cargo): Carriage {
  if (source === "memory") return bytes <= plainBytesMax ? "at-once" : "buffers";
  return source === "file" && fits && bytes >= kernelLeast ? "kernel" : "buffers";
}

/** Where a transfer is: `isFull` when the kernel's part came to a halt, or has not begun. */
export type SendState = { readonly at: number; readonly end: number; readonly isFull: boolean };

export type SendStep = { readonly kind: "kernel" | "slice" | "last"; readonly bytes: number };

/** What is sent next, of at most `share` bytes; there are some left. */
export function decideStep({ at, end, isFull }: SendState, share: number): SendStep {
  const left = end - at;
  if (left <= sliceBytes) return { kind: "last", bytes: left };
  if (isFull) return { kind: "slice", bytes: Math.min(sliceBytes, left - 1) };
  return { kind: "kernel", bytes: Math.min(share, left - sliceBytes) };
}
