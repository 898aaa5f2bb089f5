import { Secret } from '../../src/config/secret.ts';
import type { SplunkHecSinkConfig } from '../../src/config/types.ts';
import type { SinkDeps } from '../../src/sink/registry.ts';
import type { OutRecord } from '../../src/sink/sink.ts';
import { createSplunkHecSink, type SplunkHecSink } from '../../src/sink/splunk-hec.ts';
import type { HecServer } from '../support/hec-server.ts';
import { sinkDeps } from './deps.ts';
import { DAY, record } from './records.ts';

/** The envelope around record `n` of the other sinks' tests. */
export function envelope(n: number, date: string | undefined = DAY, padding = ''): OutRecord {
  return wrapped(record(n, date, padding));
}

/** `plain` with an envelope for a line. */
export function wrapped(plain: OutRecord): OutRecord {
  const { id, line, date, position } = plain;
  const head = `{"time":${1_767_225_600 + position.line}.5,"host":"acme","source":"clarifai:audit_log"`;
  const tail = `"sourcetype":"clarifai:audit","event":${line},"fields":{"event_id":"${id}"}}`;
  return { id, line: `${head},${tail}`, date, position };
}

/** Envelopes `from` to `to`, exclusive. */
export function envelopes(from: number, to: number, padding = ''): OutRecord[] {
  return Array.from({ length: to - from }, (_, i) => envelope(from + i, DAY, padding));
}

/** A config of a sink for `hec`. */
export function hecConfig(
  hec: Pick<HecServer, 'url' | 'behaviour'>,
  change: Partial<SplunkHecSinkConfig> = {},
): SplunkHecSinkConfig {
  return {
    id: 'splunk',
    type: 'splunk_hec',
    sources: ['acme'],
    from: 'earliest',
    format: 'raw',
    records: { pii: 'minimal', includeOriginal: false, ocsfVersion: '1.8.0' },
    batch: { maxRecords: 100, maxBytes: 1_000_000, maxWaitMs: 10 },
    url: hec.url,
    token: new Secret(hec.behaviour.token),
    index: undefined,
    host: undefined,
    acknowledge: false,
    acknowledgeTimeoutMs: 300_000,
    maxRequestBytes: 1_000_000,
    caFile: undefined,
    ...change,
  };
}

/** A sink for `hec`. */
export async function hecSink(
  hec: Pick<HecServer, 'url' | 'behaviour'>,
  change: Partial<SplunkHecSinkConfig> = {},
  deps: Partial<SinkDeps> = {},
): Promise<SplunkHecSink> {
  return await createSplunkHecSink(hecConfig(hec, change), { ...sinkDeps(), ...deps });
}
