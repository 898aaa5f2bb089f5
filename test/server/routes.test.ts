import { describe, expect, it } from 'vitest';
import type { LiveStatus } from '../../src/connector/live-status.ts';
import { PrometheusMetrics } from '../../src/server/prometheus.ts';
import { createRoutes } from '../../src/server/routes.ts';
import type { Reply } from '../../src/server/server.ts';
import { journalStatus, liveStatus, sourceLive, sourceStatus, troubledStatus } from './live-status.ts';

const IDS = { sources: ['acme'], shipped: [{ sink: 'local', source: 'acme' }] };

/** Answers of `path`, one for each state. */
async function replies(path: string, ...states: readonly LiveStatus[]): Promise<Reply[]> {
  const left = [...states];
  let cpuSeconds = 1.5;
  const routes = createRoutes({
    status: { read: async () => left.shift()! },
    metrics: new PrometheusMetrics(IDS),
    version: '1.2.3',
    usage: () => ({ residentBytes: 4096, cpuSeconds: cpuSeconds++ }),
  });
  const all: Reply[] = [];
  for (const _ of states) all.push(await routes[path]!());
  return all;
}

async function reply(path: string, state: LiveStatus): Promise<Reply> {
  return (await replies(path, state))[0]!;
}

describe('routes', () => {
  it('/livez answers whatever the state is', async () => {
    expect(await reply('/livez', troubledStatus())).toMatchObject({ status: 200 });
  });

  it('/readyz is 200 while every source is up to date', async () => {
    expect(await reply('/readyz', liveStatus())).toMatchObject({ status: 200, body: '{"status":"ready"}\n' });
  });

  it.each([
    ['stale', sourceStatus({ journal: journalStatus({ lagMs: 3_600_000 }) })],
    ['nothing-read', sourceStatus({ journal: journalStatus({ coverage: [] }) })],
    ['refused', sourceStatus({ live: sourceLive({ refused: 'source.refused.pat' }) })],
    ['journal-full', sourceStatus({ live: sourceLive({ full: true }) })],
  ])('/readyz is 503 and names the reason and the source: %s', async (code, source) => {
    const { status, body } = await reply('/readyz', liveStatus({ sources: [source] }));
    expect(status).toBe(503);
    expect(JSON.parse(body)).toMatchObject({ status: 'not ready', reasons: [{ code, source: 'acme' }] });
  });

  it('/readyz is 503 when the store cannot be written, and while the process stops', async () => {
    const store = { ...liveStatus().store, writable: false };
    const broken = await reply('/readyz', liveStatus({ store }));
    expect(JSON.parse(broken.body).reasons).toMatchObject([{ code: 'store-not-writable' }]);
    const stopping = await reply('/readyz', liveStatus({ stopping: true }));
    expect(JSON.parse(stopping.body).reasons).toMatchObject([{ code: 'stopping' }]);
    expect([broken.status, stopping.status]).toEqual([503, 503]);
  });

  it('/readyz stays 200 when only a sink is in trouble: it delays nobody', async () => {
    const [sink] = troubledStatus().sources[0]!.sinks.filter(({ live }) => live?.state === 'stopped');
    expect(await reply('/readyz', liveStatus({ sources: [sourceStatus({ sinks: [sink!] })] }))).toMatchObject(
      {
        status: 200,
      },
    );
  });

  it('/metrics computes what depends on the time at each scrape, and forgets what is not known any more', async () => {
    const later = sourceStatus({
      journal: journalStatus({ lagMs: 94_000 }),
      live: sourceLive({ lastPollMs: undefined }),
    });
    const [first, second] = await replies('/metrics', liveStatus(), liveStatus({ sources: [later] }));
    expect(first!.body).toContain('clarifai_siem_coverage_lag_seconds{source="acme"} 34\n');
    expect(first!.body).toContain('clarifai_siem_source_last_poll_timestamp_seconds{source="acme"} ');
    expect(second!.body).toContain('clarifai_siem_coverage_lag_seconds{source="acme"} 94\n');
    expect(second!.body).not.toContain('clarifai_siem_source_last_poll_timestamp_seconds{');
    expect(first!.body).toContain('process_cpu_seconds_total 1.5\n');
    expect(second!.body).toContain('process_cpu_seconds_total 2.5\n');
  });

  it('/metrics tells trouble by its own series', async () => {
    const { body } = await reply('/metrics', troubledStatus());
    for (const series of [
      'clarifai_siem_ready 0',
      'clarifai_siem_source_accepted{source="acme"} 0',
      'clarifai_siem_coverage_hole_seconds{source="acme"} 3600',
      'clarifai_siem_coverage_uncovered_seconds{source="acme"} 1299600',
      'clarifai_siem_coverage_gap_seconds{source="acme"} 8640',
      'clarifai_siem_sink_state{sink="siem",source="acme",state="stopped"} 1',
      'clarifai_siem_sink_state{sink="siem",source="acme",state="running"} 0',
      'clarifai_siem_build_info{version="1.2.3"} 1',
    ]) {
      expect(body).toContain(`${series}\n`);
    }
  });

  it('/status.json tells what /readyz and the page tell', async () => {
    const told = JSON.parse((await reply('/status.json', troubledStatus())).body);
    expect(told).toMatchObject({ v: 1, process: { ready: false, version: '1.2.3' } });
    expect(told.sources[0].sinks[1]).toMatchObject({
      state: 'stopped',
      last_error: { code: 'sink.refused' },
    });
    expect(told.sources[0].live.late).toHaveLength(2);
  });
});
