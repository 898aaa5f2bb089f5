import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { STATUS_CODES, statusKind } from '../../src/source/status.ts';

const PROTO = '../../node_modules/clarifai-nodejs-grpc/proto/clarifai/api/status/status_code.proto';
const proto = readFileSync(new URL(PROTO, import.meta.url), 'utf8');

describe('status', () => {
  it('names and numbers are those of the proto file', () => {
    const inProto = new Map(
      [...proto.matchAll(/^\s+([A-Z_0-9]+)\s*=\s*(\d+)/gm)].map(([, name, code]) => [name, Number(code)]),
    );
    for (const [name, [code]] of Object.entries(STATUS_CODES))
      expect([name, inProto.get(name)]).toEqual([name, code]);
  });

  it('knows every internal code from 98004 to 98021 by name too', () => {
    const internal = [...proto.matchAll(/^\s+(INTERNAL_[A-Z_0-9]+)\s*=\s*(980\d\d)/gm)];
    expect(internal.length).toBeGreaterThan(10);
    for (const [, name, code] of internal)
      expect([statusKind(name), statusKind(Number(code))]).toEqual(['internal', 'internal']);
  });

  it('reads numbers, digits and names alike', () => {
    expect([statusKind(11005), statusKind('11005'), statusKind('CONN_THROTTLED')]).toEqual(
      Array(3).fill('throttled'),
    );
    expect([statusKind(10000), statusKind('SUCCESS')]).toEqual(['success', 'success']);
  });

  it('does not take what it does not know for anything else', () => {
    const odd = [undefined, 0, 12345, '', 'constructor', 'success', Number.NaN];
    expect(odd.map(statusKind)).toEqual(Array(odd.length).fill('unknown'));
  });
});
