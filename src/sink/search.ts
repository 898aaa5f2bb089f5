import { promisify } from 'node:util';
import { constants, gzip } from 'node:zlib';
import { ConnectorError } from '../runtime/errors.ts';
import type { Log } from '../runtime/log.ts';
import { releaseMemory } from '../runtime/release-memory.ts';
import { BULK_FILTER, bulkBody, judgeBulk } from './search-bulk.ts';
import type { SearchClient, SearchReply, SearchRequest } from './search-client.ts';
import { faultOf, isObject, replyError } from './search-errors.ts';
import { type Send, setUpStream } from './search-setup.ts';
import { MANAGED_BY, type TemplateOptions } from './search-template.ts';
import type { Batch, OutRecord, Sink, SinkContext, SinkState, SinkWriter, WriteResult } from './sink.ts';

const compress = promisify(gzip);

/** How many batches are under way at once: enough that 50 ms of latency do not matter. */
const CONCURRENCY = 4;

/** Ids that are looked up in one request. */
const LOOKUP_IDS = 1_000;

/** What a {@link SearchSink} is made with. */
export interface SearchSinkOptions {
  readonly id: string;
  readonly client: SearchClient;
  /** The data stream, and what its templates are made of. */
  readonly template: TemplateOptions;
  readonly log: Log;
}

/**
 * A data stream of Elasticsearch or OpenSearch. Each record is created under its event id: what is there is not
 * written twice. That holds inside one backing index; records that may have been sent before are therefore looked up
 * in each of them first, so that a rollover makes no second copy.
 */
export class SearchSink implements Sink {
  readonly id: string;
  readonly idempotent = true;
  readonly concurrency = CONCURRENCY;
  readonly #options: SearchSinkOptions;
  readonly #stream: string;
  /**
   * True when the server makes the data stream at the first write, and takes `require_data_stream`; false when it would
   * make an index in its place, so that the stream must be there first.
   */
  readonly #makesStream: boolean;
  #streamSeen = false;

  constructor(options: SearchSinkOptions) {
    this.id = options.id;
    this.#options = options;
    this.#stream = options.template.stream;
    this.#makesStream = options.template.flavour === 'elasticsearch';
  }

  async setUp(signal: AbortSignal): Promise<readonly string[]> {
    const there = (await this.#backingIndexes(signal)) !== undefined;
    const send: Send = (request, abort) => this.#send(request, abort);
    return await setUpStream(this.#options.template, there, send, signal);
  }

  /**
   * Signs in, looks at the data stream, and where it is there, tries to write a document that the server must refuse:
   * one without a time. So the right to write is tried, and no data are left.
   */
  async check(signal: AbortSignal): Promise<void> {
    const stream = this.#stream;
    if ((await this.#backingIndexes(signal)) === undefined) {
      if (this.#makesStream && (await this.#hasTemplate(signal))) return;
      throw missing(stream);
    }
    const lines = Buffer.from('{"create":{}}\n{"message":"clarifai-siem-export check"}\n');
    const { items } = (await this.#ask(
      { method: 'POST', path: this.#bulkPath(), lines },
      'A write',
      signal,
    )) as {
      items?: { create?: { status?: number } }[];
    };
    const status = items?.[0]?.create?.status ?? 0;
    if (status === 400) return;
    throw replyError({ status, body: items?.[0]?.create, retryAfter: undefined }, `A write to ${stream}`);
  }

  async open(_context: SinkContext): Promise<SinkWriter> {
    return {
      write: (batch, signal) => this.#write(batch, signal),
      flush: async (): Promise<SinkState | undefined> => undefined,
      close: async () => {},
    };
  }

  async close(): Promise<void> {
    await this.#options.client.close();
  }

  async #write({ records, uncertain }: Batch, signal: AbortSignal): Promise<WriteResult> {
    const stored = uncertain ? await this.#lookUp(records, signal) : new Set<string>();
    const due = stored.size === 0 ? records : records.filter(({ id }) => !stored.has(id));
    if (due.length === 0) return { retry: [], refused: [] };
    await this.#requireStream(signal);
    const plain = bulkBody(due);
    const lines = await compress(plain, { level: constants.Z_BEST_SPEED });
    releaseMemory(plain);
    const request: SearchRequest = { method: 'POST', path: this.#bulkPath(), lines, gzip: true };
    const result = judgeBulk(await this.#ask(request, 'A write', signal), due.length);
    if (due === records) return result;
    const places = new Map(records.map(({ id }, index) => [id, index]));
    const place = (index: number) => places.get(due[index]!.id)!;
    return {
      ...result,
      retry: result.retry.map(place),
      refused: result.refused.map(({ index, reason }) => ({ index: place(index), reason })),
    };
  }

  #bulkPath(): string {
    const query = `filter_path=${encodeURIComponent(BULK_FILTER)}`;
    return `/${this.#stream}/_bulk?${query}${this.#makesStream ? '&require_data_stream=true' : ''}`;
  }

  /** A server that makes an index where a data stream is missing must not be asked to. */
  async #requireStream(signal: AbortSignal): Promise<void> {
    if (this.#makesStream || this.#streamSeen) return;
    if ((await this.#backingIndexes(signal)) === undefined) throw missing(this.#stream);
    this.#streamSeen = true;
  }

  /** Which of `records` are stored already, in any backing index, refreshed or not. */
  async #lookUp(records: readonly OutRecord[], signal: AbortSignal): Promise<Set<string>> {
    const stored = new Set<string>();
    const indexes = (await this.#backingIndexes(signal)) ?? [];
    // The newest first: what is found needs no further look.
    for (const index of indexes.reverse()) {
      const open = records.filter(({ id }) => !stored.has(id)).map(({ id }) => id);
      for (let at = 0; at < open.length; at += LOOKUP_IDS) {
        await this.#lookUpIn(index, open.slice(at, at + LOOKUP_IDS), stored, signal);
      }
    }
    return stored;
  }

  async #lookUpIn(
    index: string,
    ids: readonly string[],
    stored: Set<string>,
    signal: AbortSignal,
  ): Promise<void> {
    const path = `/${index}/_mget?_source=false&filter_path=docs._id,docs.found,docs.error.type,docs.error.reason`;
    const reply = await this.#send({ method: 'POST', path, json: { ids } }, signal);
    if (isGone(reply)) {
      this.#options.log.warn(
        { index },
        'a backing index is closed or gone: what is in it cannot be seen, and may be written again',
      );
      return;
    }
    const { docs } = successOf(reply, `Looking up ids in ${index}`) as { docs?: unknown };
    if (!Array.isArray(docs) || docs.length !== ids.length) {
      throw new ConnectorError(`The answer to _mget on ${index} does not speak of all ${ids.length} ids.`, {
        code: 'sink.broken',
        retryable: true,
      });
    }
    for (const doc of docs as { _id?: unknown; found?: unknown; error?: unknown }[]) {
      if (doc.error !== undefined) throw lookupError(index, doc);
      if (doc.found === true) stored.add(String(doc._id));
    }
  }

  /** The backing indexes of the data stream, oldest first; undefined when it is not there. */
  async #backingIndexes(signal: AbortSignal): Promise<string[] | undefined> {
    const stream = this.#stream;
    // The answer has the settings of each: asked for is the one that is always there.
    const path = `/${stream}/_settings?filter_path=*.settings.index.creation_date`;
    const reply = await this.#send({ method: 'GET', path }, signal);
    if (reply.status === 404) return undefined;
    const body = successOf(reply, `Looking at the data stream ${stream}`);
    const created = (name: string) =>
      Number(
        (body[name] as { settings?: { index?: { creation_date?: string } } }).settings?.index?.creation_date,
      );
    return Object.keys(body).sort((a, b) => created(a) - created(b) || (a < b ? -1 : 1));
  }

  /** Whether a template is there; a server that does not let us look counts as yes. */
  async #hasTemplate(signal: AbortSignal): Promise<boolean> {
    const stream = this.#stream;
    const reply = await this.#send(
      { method: 'POST', path: `/_index_template/_simulate_index/${stream}` },
      signal,
    );
    if (reply.status === 401) throw replyError(reply, 'Signing in');
    if (reply.status !== 200) return true;
    const template = isObject(reply.body) ? reply.body.template : undefined;
    const mappings = isObject(template) && isObject(template.mappings) ? template.mappings : {};
    const meta = isObject(mappings._meta) ? mappings._meta : {};
    return meta.managed_by === MANAGED_BY;
  }

  async #ask(
    request: SearchRequest,
    what: string,
    signal: AbortSignal,
  ): Promise<Readonly<Record<string, unknown>>> {
    return successOf(await this.#send(request, signal), `${what} to ${this.#stream}`);
  }

  /** Sends; when the credentials are refused and there are newer ones, once more with those. */
  async #send(request: SearchRequest, signal: AbortSignal): Promise<SearchReply> {
    const { client } = this.#options;
    const reply = await client.request(request, signal);
    if ((reply.status !== 401 && reply.status !== 403) || !client.renewCredentials()) return reply;
    return await client.request(request, signal);
  }
}

function successOf(reply: SearchReply, what: string): Readonly<Record<string, unknown>> {
  if (reply.status < 200 || reply.status > 299) throw replyError(reply, what);
  if (isObject(reply.body)) return reply.body;
  throw new ConnectorError(`${what} got an answer that is no JSON object: a proxy may have answered.`, {
    code: 'sink.broken',
    retryable: true,
  });
}

function isGone(reply: SearchReply): boolean {
  const { type } = faultOf(reply.body);
  return type === 'index_closed_exception' || type === 'index_not_found_exception';
}

function lookupError(index: string, doc: unknown): ConnectorError {
  const { type, reason } = faultOf(doc);
  return new ConnectorError(`Looking up ids in ${index} failed (${type}: ${reason}). It is tried again.`, {
    code: 'sink.unavailable',
    retryable: true,
  });
}

function missing(stream: string): ConnectorError {
  return new ConnectorError(
    `There is no template for the data stream ${stream}: run \`clarifai-siem-export setup\` first.`,
    { code: 'sink.missing', exitCode: 2 },
  );
}
