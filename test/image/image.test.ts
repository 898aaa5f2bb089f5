import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { createHistory } from '../../src/demo/history.ts';
import { type StandIn, startStandIn } from '../../src/demo/stand-in.ts';
import { Containers, type Ended, missing } from './containers.ts';

const BASE = 'localhost/base:test';
const IMAGE = 'localhost/clarifai-siem-export:test';
const ENTRIES = 2_000;
/** Bytes that the image may add to its base. */
const MOST_BYTES = 80e6;
const WITHIN = { timeout: 30_000, interval: 200 };

const why = missing();
const shown = why === undefined || process.env.REQUIRE_IMAGE === '1';

describe.runIf(shown)(`the image${shown ? '' : ` (skipped: ${why})`}`, { timeout: 120_000 }, () => {
  let containers: Containers;
  let standIn: StandIn;

  beforeAll(async () => {
    if (why !== undefined) throw new Error(`Images cannot be had here: ${why}.`);
    containers = await Containers.open();
    await containers.buildBase(BASE);
    await containers.build(BASE, IMAGE);
    const toMs = Date.now() - 60_000;
    const log = createHistory({
      seed: 1,
      userId: 'acme',
      fromMs: toMs - 5 * 86_400_000,
      toMs,
      count: ENTRIES,
    });
    standIn = await startStandIn({ log, userId: 'acme', pat: 'pat', requestsPerSecond: 'off' });
  }, 600_000);

  afterAll(async () => {
    await standIn?.close();
    await containers?.close();
  }, 120_000);

  /** A config for the container; it reaches the stand-in over the host's loopback. */
  async function config(): Promise<string> {
    return await containers.file(
      'connector.yaml',
      `sources: [{ id: acme, user_id: acme, pat_file: /run/secrets/pat, base_url: "${standIn.url}" }]
journal: { path: /data }
sinks: [{ id: local, type: file, format: ecs, path: /out, batch: { max_wait: 100ms } }]
`,
    );
  }

  /** As an orchestrator runs it that grants nothing. */
  async function hardened(): Promise<string[]> {
    return [
      ...[
        '--read-only',
        '--read-only-tmpfs=false',
        '--cap-drop',
        'all',
        '--security-opt',
        'no-new-privileges',
      ],
      ...[
        '--network',
        'host',
        '--ulimit',
        'nofile=1024:1024',
        '--ulimit',
        'nproc=4096:4096',
        '--memory-swap',
        '-1',
      ],
      ...['--volume', `${await config()}:/etc/clarifai-siem-export/connector.yaml:ro`],
      ...['--volume', `${await containers.file('pat', 'pat\n')}:/run/secrets/pat:ro`],
    ];
  }

  async function linesOut(name: string): Promise<number> {
    const { out } = await containers.podman('exec', name, 'sh', '-c', 'cat /out/acme/*.ndjson | wc -l');
    return Number(out.trim());
  }

  it('adds at most 80 MB to its base: the bundle, what is in it, and no sources, tests or packages', async () => {
    const sizeOf = async (image: string): Promise<number> => {
      const { out } = await containers.podman('image', 'inspect', image, '--format', '{{.Size}}');
      return Number(out);
    };
    const own = (await sizeOf(IMAGE)) - (await sizeOf(BASE));
    console.log(`the image adds ${(own / 1e6).toFixed(1)} MB to its base`);
    expect(own).toBeGreaterThan(1e6);
    expect(own).toBeLessThan(MOST_BYTES);
    const listed = await containers.podman(
      'run',
      '--rm',
      '--entrypoint',
      'sh',
      ...LIMITS,
      IMAGE,
      '-c',
      'ls /app /app/dist; find /app -perm -o+w ! -type l; find /app ! -user root',
    );
    expect(listed.code, listed.err).toBe(0);
    const names = listed.out.split('\n');
    for (const present of ['main.js', 'sbom.cdx.json', 'THIRD-PARTY-LICENSES.txt'])
      expect(names).toContain(present);
    for (const absent of ['node_modules', 'src', 'test']) expect(names).not.toContain(absent);
    expect(names.filter((name) => name.startsWith('/app/') && !name.endsWith(':'))).toEqual([]);
  });

  it('starts with a word of help', async () => {
    const { code, out, err } = await containers.podman('run', '--rm', ...LIMITS, IMAGE, '--help');
    expect(code, err).toBe(0);
    expect(out).toContain('Exit codes');
  });

  it('runs without any right, exports, is healthy, and ends at SIGTERM within 10 s', async () => {
    const volumes = ['--volume', 'data1:/data', '--volume', 'out1:/out'];
    const started = await containers.podman(
      'run',
      '--detach',
      '--name',
      'one',
      ...(await hardened()),
      ...volumes,
      IMAGE,
    );
    expect(started.code, started.err).toBe(0);
    await vi.waitFor(async () => expect(await linesOut('one')).toBe(ENTRIES), WITHIN);
    const inside = async (script: string): Promise<Ended> =>
      await containers.podman('exec', 'one', 'sh', '-c', script);
    expect((await inside('id -u; id -g')).out).toBe('65532\n65532\n');
    expect((await inside('grep -E "Cap(Prm|Eff|Bnd|Amb)" /proc/1/status')).out).toMatch(
      /^(\w+:\t0{16}\n){4}$/,
    );
    expect((await inside('grep NoNewPrivs /proc/1/status')).out).toBe('NoNewPrivs:\t1\n');
    for (const place of ['/', '/app', '/etc', '/tmp']) {
      expect((await inside(`touch ${place}/x`)).err, place).toMatch(/Read-only file system/);
    }
    const { out: check } = await containers.podman(
      'image',
      'inspect',
      IMAGE,
      '--format',
      '{{json .Config.Healthcheck.Test}}',
    );
    const [kind, ...command] = JSON.parse(check) as string[];
    expect(kind).toBe('CMD');
    expect((await containers.podman('exec', 'one', ...command)).code).toBe(0);
    expect((await containers.podman('exec', 'one', 'node', '/app/dist/main.js', 'status')).out).toContain(
      'acme',
    );
    const startedMs = performance.now();
    await containers.podman('stop', '--time', '10', 'one');
    expect(performance.now() - startedMs).toBeLessThan(10_000);
    expect((await containers.podman('inspect', 'one', '--format', '{{.State.ExitCode}}')).out.trim()).toBe(
      '0',
    );
  });

  it('goes on from its volumes as another container, adding nothing, and reads its config again at SIGHUP', async () => {
    const volumes = ['--volume', 'data1:/data', '--volume', 'out1:/out'];
    const started = await containers.podman(
      'run',
      '--detach',
      '--name',
      'two',
      ...(await hardened()),
      ...volumes,
      IMAGE,
    );
    expect(started.code, started.err).toBe(0);
    const logged = async (what: string): Promise<void> => {
      await vi.waitFor(async () => {
        const { out, err } = await containers.podman('logs', 'two');
        expect(out + err).toContain(what);
      }, WITHIN);
    };
    await logged('"poll"');
    expect(await linesOut('two')).toBe(ENTRIES);
    expect((await containers.podman('kill', '--signal', 'HUP', 'two')).code).toBe(0);
    await logged('the config was read again: changing over');
    await sleep(500);
    expect((await containers.podman('exec', 'two', 'node', '/app/dist/main.js', 'verify')).out).toContain(
      `${ENTRIES} entries`,
    );
    await containers.podman('stop', '--time', '10', 'two');
    expect((await containers.podman('inspect', 'two', '--format', '{{.State.ExitCode}}')).out.trim()).toBe(
      '0',
    );
  });
});

/** What this machine's kernel grants, where it grants less than podman asks for. */
const LIMITS = ['--network', 'none', '--ulimit', 'nofile=1024:1024', '--ulimit', 'nproc=4096:4096'];
