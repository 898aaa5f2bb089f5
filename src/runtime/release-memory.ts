/**
 * Gives the memory of `bytes` back without waiting for the garbage collector, which would let tens of megabytes
 * gather. Every view of it is empty from then on. Does nothing when `bytes` are only a part of their memory.
 */
export function releaseMemory(bytes: Buffer): void {
  const memory = bytes.buffer as ArrayBuffer;
  if (!memory.detached && memory.byteLength === bytes.length) memory.transfer(0);
}

/**
 * As {@link releaseMemory}, for bytes known to be alone in their memory, though they may not fill it: the output of
 * zlib. Does nothing for memory that may be Node's shared pool.
 */
export function releaseOwnMemory(bytes: Buffer): void {
  const memory = bytes.buffer as ArrayBuffer;
  if (!memory.detached && memory.byteLength > Buffer.poolSize) memory.transfer(0);
}
