import { WireError } from "../errors.ts";

/** RFC 7348 §5: room for the header in front of a frame. */
const vxlanHeaderBytes = 8;

/** Flag I: the network identifier is valid. All other flags are reserved. */
const validIdentifier = 0x08;

//   0      1            4              7
//  ┌──────┬────────────┬──────────────┬──────────┐
//  │flags │ reserved   │ identifier   │ reserved │   then the Ethernet frame
//  └──────┴────────────┴──────────────┴──────────┘
/** A frame in its datagram, on the network `identifier`. */
export function formatVxlan(identifier: number, frame: Uint8Array): Uint8Array {
  const datagram = Buffer.alloc(vxlanHeaderBytes + frame.length);
  datagram[0] = validIdentifier;
  datagram.writeUIntBE(identifier, 4, 3);
  datagram.set(frame, vxlanHeaderBytes);
  return datagram;
}

/** The frame in a datagram and its network; throws `WireError` for what is no VXLAN. */
export function parseVxlan(datagram: Uint8Array): { identifier: number; frame: Uint8Array } {
  const bytes = Buffer.from(datagram.buffer, datagram.byteOffset, datagram.byteLength);
  if (bytes.length < vxlanHeaderBytes) {
    throw new WireError("wire.truncated", `vxlan wants 8 bytes, got ${bytes.length}`, {
      field: "vxlan",
      want: vxlanHeaderBytes,
      got: bytes.length,
    });
  }
  if (((bytes[0] ?? 0) & validIdentifier) === 0) {
    throw new WireError("wire.invalid", "vxlan datagram without a network identifier", {
      field: "vxlan.flags",
      got: bytes[0],
    });
  }
  return { identifier: bytes.readUIntBE(4, 3), frame: bytes.subarray(vxlanHeaderBytes) };
}
