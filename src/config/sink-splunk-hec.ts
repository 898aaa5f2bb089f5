import { z } from 'zod';
import { duration, secretText, sinkUrl, size, text } from './scalars.ts';
import { anyFormat, caFile, everySink, resolveCommon, resolvePath, type SinkContext } from './sink-common.ts';
import { strict } from './strict.ts';
import type { SplunkHecSinkConfig } from './types.ts';

/** `type: splunk_hec`. */
export const splunkHecSink = strict({
  type: z.literal('splunk_hec').describe("Splunk's HTTP Event Collector."),
  ...everySink,
  format: anyFormat,
  url: sinkUrl.describe('The collector, without a path: https://splunk:8088.'),
  token: secretText.optional().describe('HEC token. Better: token_file.'),
  token_file: text('a path').optional().describe('File that holds the token. Read again when it changes.'),
  index: z
    .string({ error: 'must be an index, as text' })
    .regex(/^[a-z0-9_][a-z0-9_-]{0,254}$/, { error: 'must be small letters, digits, _ and -' })
    .optional()
    .describe("Index. Default: the token's."),
  host: text('a host').optional().describe('Field host of each event. Default: the source id.'),
  acknowledge: z
    .boolean({ error: 'must be true or false' })
    .prefault(false)
    .describe('Wait until Splunk says that events are indexed. The token must allow it. Default: false.'),
  acknowledge_timeout: duration('10s', '1h')
    .prefault('5m')
    .describe('Events that are not acknowledged in this time are sent again. Default: 5m.'),
  max_request_bytes: size('1KiB')
    .prefault('1MB')
    .describe('Bytes in one request before compression. Default: 1MB, as Splunk Cloud takes it.'),
  ca_file: caFile,
});

/** Resolves `type: splunk_hec`. */
export function resolveSplunkHec(
  sink: z.output<typeof splunkHecSink>,
  context: SinkContext,
): SplunkHecSinkConfig {
  return {
    ...resolveCommon(sink, context),
    type: 'splunk_hec',
    url: sink.url,
    // Rules refuse a file without one before this is called.
    token: context.secret('token')!,
    index: sink.index,
    host: sink.host,
    acknowledge: sink.acknowledge,
    acknowledgeTimeoutMs: sink.acknowledge_timeout,
    maxRequestBytes: sink.max_request_bytes,
    caFile: resolvePath(context.folder, sink.ca_file),
  };
}
