import { totalmem } from "node:os";

/** Bytes of memory that this process may use: the machine's, or its control group's if that is less. */
export function memoryOfProcess(): number {
  const limit = process.constrainedMemory(); // 0, or a number beyond all sense, where there is none
  return limit > 0 ? Math.min(limit, totalmem()) : totalmem();
}
