import { describe, expect, it } from 'vitest';
import { Secret } from '../../src/config/secret.ts';
import { ConnectorError } from '../../src/runtime/errors.ts';
import type { Log } from '../../src/runtime/log.ts';
import { createLog, type LogOptions } from '../../src/runtime/pino-log.ts';

function capture(options: Partial<LogOptions> = {}): { log: Log; lines: string[] } {
  const lines: string[] = [];
  const log = createLog({
    level: 'info',
    secrets: () => [],
    write: (line) => lines.push(line),
    nowMs: () => 0,
    ...options,
  });
  return { log, lines };
}

describe('pino-log', () => {
  it('writes one line of JSON with level, time, fields and message', () => {
    const { log, lines } = capture();
    log.child({ source: 'acme' }).warn({ entries: 3, big: 10n } as object, 'done %s');
    expect(lines).toEqual([
      '{"level":"warn","time":"1970-01-01T00:00:00.000Z","source":"acme","entries":3,"big":10,"msg":"done %s"}\n',
    ]);
  });

  it('drops what is below its level', () => {
    const { log, lines } = capture({ level: 'error' });
    log.debug({}, 'a');
    log.info({}, 'b');
    log.warn({}, 'c');
    log.error({}, 'd');
    expect(lines.map((line) => JSON.parse(line).msg)).toEqual(['d']);
  });

  it('tells code, message and causes of an error, and a stack for developers only', () => {
    const socket = Object.assign(new Error('read ECONNRESET'), {
      code: 'ECONNRESET',
      socket: { secret: 'inside' },
    });
    const err = new ConnectorError('failed', { code: 'source.network', cause: socket });
    const info = capture();
    info.log.error({ err }, 'x');
    expect(JSON.parse(info.lines[0]!).err).toEqual({
      code: 'source.network',
      message: 'failed',
      cause: { code: 'ECONNRESET', type: 'Error', message: 'read ECONNRESET' },
    });
    const debug = capture({ level: 'debug' });
    debug.log.error({ err }, 'x');
    expect(JSON.parse(debug.lines[0]!).err.stack).toContain('pino-log.test.ts');
  });

  it('does not run round in circles of causes', () => {
    const { log, lines } = capture();
    const err = new Error('a');
    err.cause = new Error('b', { cause: err });
    log.error({ err }, 'x');
    expect(lines).toHaveLength(1);
  });

  it.each([
    ['as it is', (s: string) => s],
    ['in JSON', (s: string) => JSON.stringify({ s })],
    ['URL-encoded', (s: string) => encodeURIComponent(s)],
    ['in a form', (s: string) => new URLSearchParams({ s }).toString()],
    ['in Base64', (s: string) => Buffer.from(s).toString('base64')],
    ['in Base64url', (s: string) => Buffer.from(s).toString('base64url')],
    ['as the password of Basic', (s: string) => Buffer.from(`u:${s}`).toString('base64')],
    ['as the password of Basic, shifted', (s: string) => Buffer.from(`us:${s}`).toString('base64')],
    ['as the user of Basic', (s: string) => Buffer.from(`${s}:p`).toString('base64')],
  ])('redacts a secret %s, in message, fields and errors', (_, write) => {
    const secret = 's3 cr"et\\ä+/=~';
    const { log, lines } = capture({ secrets: () => [secret] });
    const text = `<${write(secret)}>`;
    log.error({ text, err: new Error(text) } as object, text);
    const seen = JSON.parse(lines[0]!);
    for (const value of [seen.text, seen.err.message, seen.msg]) {
      expect(value).toContain('[redacted]');
      expect(value).not.toContain(write(secret));
    }
    expect(lines[0]).not.toContain('cr');
  });

  it('goes on redacting a secret that was replaced', () => {
    let secrets = ['old-secret'];
    const { log, lines } = capture({ secrets: () => secrets });
    log.info({}, 'nothing');
    secrets = ['new-secret'];
    log.info({}, 'old-secret new-secret');
    expect(JSON.parse(lines[1]!).msg).toBe('[redacted] [redacted]');
  });

  it('shows nothing of a wrapped secret', () => {
    const { log, lines } = capture();
    log.info({ pat: new Secret('hidden-value') } as object, 'x');
    expect(JSON.parse(lines[0]!).pat).toBe('[redacted]');
  });
});

describe('lines of text', () => {
  it('hold time, level, message and fields, on one line', () => {
    const { log, lines } = capture({ format: 'text' });
    log.child({ source: 'acme' }).info({ read: 12, at: [1, 2], none: null } as object, 'poll');
    const cause = Object.assign(new Error('read "x"\n\u001b[2J\u2028'), { code: 'ECONNRESET' });
    log.error({ err: new ConnectorError('no answer', { code: 'source.network', cause }) }, 'a\nb\u009b');
    expect(lines).toEqual([
      '1970-01-01T00:00:00.000Z INFO  poll source=acme read=12 at="[1,2]" none=null\n',
      '1970-01-01T00:00:00.000Z ERROR a\\u000ab\\u009b err.code=source.network err.message="no answer" ' +
        'err.cause.code=ECONNRESET err.cause.type=Error err.cause.message="read \\"x\\"\\n\\u001b[2J\\u2028"\n',
    ]);
  });

  it('show no secret', () => {
    const { log, lines } = capture({ format: 'text', secrets: () => ['geheim "1"'] });
    log.error({ token: 'geheim "1"' } as object, 'with geheim "1"');
    expect(lines[0]).not.toMatch(/geheim/);
  });
});
