/**
 * Gives the memory of `bytes` back without waiting for the garbage collector, which would let tens of megabytes
 * gather. Every view of it is empty from then on. Does nothing when `bytes` are only a part of their memory.
 */
export function releaseMemory(bytes: Buffer): void {
  const memory = bytes.buffer as ArrayBuffer;
  if (!memory.detached && memory.byteLength === bytes.length) memory.transfer(0);
}
