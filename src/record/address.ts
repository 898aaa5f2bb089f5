import { isIP } from 'node:net';

/**
 * Whether `text` is an IP address that indexes and schemas take: IPv4 or IPv6 without a zone id. Node's `isIP`
 * accepts `fe80::1%eth0`, the `ip` type of Elasticsearch does not.
 */
export function isAddress(text: string): boolean {
  return isIP(text) !== 0 && !text.includes('%');
}
