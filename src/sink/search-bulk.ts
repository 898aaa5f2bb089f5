import { ConnectorError } from '../runtime/errors.ts';
import { faultOf, isBlock, isObject, type SearchFault } from './search-errors.ts';
import type { OutRecord, Refusal, WriteResult } from './sink.ts';

/** What of `_bulk`'s answer is asked for. */
export const BULK_FILTER =
  'errors,items.*.status,items.*.error.type,items.*.error.reason,items.*.error.caused_by';

/** As many refusals alike, and nothing else, are the fault of a mapping or a pipeline, not of the records. */
const ALL_REFUSED = 20;

/** The body of `_bulk` that creates `records` under their event ids. */
export function bulkBody(records: readonly OutRecord[]): Buffer {
  const actions = records.map(({ id }) => `{"create":{"_id":"${id}"}}\n`);
  const lines = records.map((record) => record.lineBytes ?? Buffer.byteLength(record.line));
  let size = 0;
  for (let i = 0; i < lines.length; i += 1) size += actions[i]!.length + lines[i]! + 1;
  const body = Buffer.allocUnsafeSlow(size);
  let at = 0;
  for (const [i, record] of records.entries()) {
    at += body.write(actions[i]!, at, 'latin1');
    if (record.copyLine === undefined) body.write(record.line, at);
    else record.copyLine(body, at);
    at += lines[i]!;
    body[at++] = 0x0a;
  }
  return body;
}

/**
 * Judges `_bulk`'s answer, item by item: created or already there (409) is stored; a block, 429 or trouble of the
 * server is to be sent again; any other 400 is refused for good. Throws `sink.broken` (retryable) when the answer does
 * not speak of `count` items, and `sink.all_refused` (not retryable) when many are refused and none is stored: then
 * the template or a pipeline is wrong, not the records.
 */
export function judgeBulk(body: unknown, count: number): WriteResult {
  if (!isObject(body)) throw broken('is no JSON object');
  if (body.errors === false) return { retry: [], refused: [] };
  const { items } = body;
  if (!Array.isArray(items) || items.length !== count) throw broken(`does not speak of all ${count} records`);
  const retry: number[] = [];
  const refused: Refusal[] = [];
  let retryReason: string | undefined;
  for (const [index, item] of items.entries()) {
    const result: unknown = isObject(item) ? Object.values(item)[0] : undefined;
    if (!isObject(result) || typeof result.status !== 'number') throw broken('has an item without a status');
    const { status } = result;
    if (status === 409 || (status >= 200 && status <= 299)) continue;
    const fault = faultOf(result);
    const reason = `${fault.type}: ${fault.reason} (status ${status})`;
    if (status === 400 && !isBlock(fault)) refused.push({ index, reason });
    else {
      retry.push(index);
      retryReason ??= `${reason}${advice(status, fault)}`;
    }
  }
  if (refused.length === count && count >= ALL_REFUSED) throw allRefused(refused);
  return { retry, refused, ...(retryReason === undefined ? {} : { retryReason }) };
}

function advice(status: number, fault: SearchFault): string {
  if (isBlock(fault)) return '; look at the disk space and the blocks of the cluster';
  if (status === 404) return '; run `clarifai-siem-export setup`';
  return status === 401 || status === 403 ? '; check the privileges of this sink' : '';
}

function broken(what: string): ConnectorError {
  return new ConnectorError(`The answer to _bulk ${what}: a proxy may have answered. It is tried again.`, {
    code: 'sink.broken',
    retryable: true,
  });
}

function allRefused(refused: readonly Refusal[]): ConnectorError {
  return new ConnectorError(
    `All ${refused.length} records are refused, the first for ${refused[0]!.reason}. A template or ingest pipeline is at ` +
      'fault rather than the records: run `setup`, and look at what else applies to the data stream. Nothing is lost.',
    { code: 'sink.all_refused' },
  );
}
