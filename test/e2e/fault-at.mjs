// Preloaded into the real process: at the FAULT_AT-th call that changes the disk (from 1) FAULT_KIND happens
// (kill-later: FAULT_DELAY_MS after it). The number of such calls goes to the file that FAULT_COUNT names. Where
// FAULT_SWITCH names the pipe of a power switch, each kill is a loss of power.
import { writeFileSync } from 'node:fs';
import promises from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';

const { FAULT_AT, FAULT_KIND, FAULT_COUNT, FAULT_SWITCH, FAULT_DELAY_MS } = process.env;
const at = Number(FAULT_AT ?? 0);
let calls = 0;

function die() {
  if (FAULT_SWITCH !== undefined) {
    writeFileSync(FAULT_SWITCH, String(process.pid));
    // No code runs here any more: the switch kills this process once the disks are off.
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
  }
  process.kill(process.pid, 'SIGKILL');
}

/** What becomes of one call: `half` does a part of it, where a call has parts. */
async function faulty(call, half) {
  calls += 1;
  if (FAULT_COUNT !== undefined) writeFileSync(FAULT_COUNT, String(calls));
  if (calls !== at) return await call();
  if (FAULT_KIND === 'kill-before') die();
  if (FAULT_KIND === 'kill-later') {
    setTimeout(die, Number(FAULT_DELAY_MS));
    return await call();
  }
  if (FAULT_KIND === 'kill-half') {
    await half?.();
    die();
  }
  if (FAULT_KIND === 'kill-after') {
    await call();
    die();
  }
  if (FAULT_KIND === 'short' && half !== undefined) return await half();
  if (FAULT_KIND === 'short') return await call();
  throw Object.assign(new Error(`${FAULT_KIND}: simulated`), { code: FAULT_KIND, errno: -5 });
}

for (const name of ['link', 'rename', 'unlink', 'mkdir', 'mkdtemp', 'rmdir']) {
  const real = promises[name];
  promises[name] = (...args) => faulty(() => real.apply(promises, args));
}

const open = promises.open;
promises.open = async (...args) => {
  const writes = args[1] !== 'r' && args[1] !== undefined && args[1] !== 0;
  const handle = writes ? await faulty(() => open.apply(promises, args)) : await open.apply(promises, args);
  patch(handle);
  return handle;
};
syncBuiltinESMExports();

function patch(handle) {
  const { write, writeFile, sync, datasync, truncate } = handle;
  handle.write = (bytes, offset, length, position) =>
    faulty(
      () => write.call(handle, bytes, offset, length, position),
      () => write.call(handle, bytes, offset, Math.ceil(length / 2), position),
    );
  // A file is written in a loop until it is whole: a short write of it shows as nothing but a kill in the middle.
  handle.writeFile = (body) =>
    faulty(
      () => writeFile.call(handle, body),
      FAULT_KIND === 'kill-half' ? () => write.call(handle, body, 0, Math.ceil(body.length / 2)) : undefined,
    );
  handle.sync = () => faulty(() => sync.call(handle));
  handle.datasync = () => faulty(() => datasync.call(handle));
  handle.truncate = (size) => faulty(() => truncate.call(handle, size));
}
