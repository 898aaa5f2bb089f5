import { SERVERS } from './all.ts';

// Starts every server, writes their process groups and ports as a line of JSON, and waits to be killed.
const started = await Promise.all(SERVERS.map(async ({ name, start }) => ({ name, server: await start() })));
console.log(JSON.stringify(started.map(({ name, server: { pid, port } }) => ({ name, pid, port }))));
