/*
 * Loaded by itself: the index of undici loads fetch, WebSocket, caches and mocks too, 15 MiB that nothing here uses.
 * The package has no `exports`, and its version is pinned.
 */
declare module 'undici/lib/dispatcher/agent.js' {
  import { Agent } from 'undici';
  export default Agent;
}
