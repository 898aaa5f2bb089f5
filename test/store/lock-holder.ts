import { tryLock } from '../../src/store/lock.ts';

/** Takes the lock of the folder given, says so, and keeps it until it is killed. */
const lock = tryLock(process.argv[2]!);
process.stdout.write(lock === undefined ? 'locked out\n' : 'locked\n');
setInterval(() => {}, 60_000);
