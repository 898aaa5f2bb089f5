import { z } from 'zod';
import type { Random } from '../runtime/clock.ts';
import { ConnectorError } from '../runtime/errors.ts';
import type { Store } from '../store/store.ts';
import type { Job, JobResult } from './jobs.ts';

/** Work that a command has left in the store for the process that holds it. */
export interface WorkRequest {
  /** Part of its key. */
  readonly id: string;
  readonly job: Job;
  /** `asked` by the command; `running`, `done` or `failed` at the process that does it. */
  readonly state: 'asked' | 'running' | 'done' | 'failed';
  /** When it last changed, RFC 3339. */
  readonly updated: string;
  /** Event time proven so far, nanoseconds, and entries in it. */
  readonly progress: { readonly proven: bigint; readonly entries: number };
  /** Set when done. */
  readonly result?: JobResult | undefined;
  /** Set when failed: what went wrong, for a person, and the exit code it means. */
  readonly error?: { readonly message: string; readonly exitCode: number } | undefined;
}

/** Instants as decimal strings: nanoseconds do not fit a JSON number. */
const nanos = z.codec(z.string().regex(/^-?\d+$/), z.bigint(), {
  decode: (text) => BigInt(text),
  encode: (value) => value.toString(),
});

const span = z.object({ from: nanos, to: nanos });

const schema = z.object({
  job: z.discriminatedUnion('kind', [
    z.object({ kind: z.literal('backfill'), span }),
    z.object({ kind: z.literal('reconcile'), span }),
    z.object({ kind: z.literal('replay'), span, sink: z.string(), deadLetters: z.boolean() }),
  ]),
  state: z.enum(['asked', 'running', 'done', 'failed']),
  updated: z.string(),
  progress: z.object({ proven: nanos, entries: z.int() }),
  result: z
    .object({
      read: z.int(),
      added: z.int(),
      late: z.int(),
      undated: z.int(),
      holes: z.int(),
      sent: z.int(),
      refused: z.int(),
    })
    .optional(),
  error: z.object({ message: z.string(), exitCode: z.int() }).optional(),
});

/** The requests of one source as objects of the store: `<source>/requests/<id>.json`. */
export class RequestFiles {
  readonly #store: Store;
  readonly #prefix: string;

  constructor(store: Store, sourceId: string) {
    this.#store = store;
    this.#prefix = `${sourceId}/requests/`;
  }

  /** Leaves a request. */
  async create(job: Job, nowMs: number, random: Random): Promise<WorkRequest> {
    const request: WorkRequest = {
      id: `${nowMs}-${random.hex(4)}`,
      job,
      state: 'asked',
      updated: new Date(nowMs).toISOString(),
      progress: { proven: 0n, entries: 0 },
    };
    await this.#store.putIfAbsent(this.#key(request.id), format(request));
    return request;
  }

  /** Ids of all requests, oldest first. */
  async list(): Promise<string[]> {
    const keys = await this.#store.list(this.#prefix);
    return keys.map((key) => key.slice(this.#prefix.length).replace(/\.json$/, ''));
  }

  /** A request; undefined when it is gone. Throws `request.damaged` when it cannot be understood. */
  async read(id: string): Promise<WorkRequest | undefined> {
    const object = await this.#store.get(this.#key(id));
    if (object === undefined) return undefined;
    try {
      return { id, ...schema.parse(JSON.parse(object.body.toString('utf8'))) };
    } catch (cause) {
      throw new ConnectorError(`The request ${this.#key(id)} cannot be read: remove it and ask again.`, {
        code: 'request.damaged',
        cause,
      });
    }
  }

  /** Writes a request anew. False when it is gone: whoever asked does not wait for it any more. */
  async update(request: WorkRequest, nowMs: number): Promise<boolean> {
    const there = await this.#store.get(this.#key(request.id));
    if (there === undefined) return false;
    const body = format({ ...request, updated: new Date(nowMs).toISOString() });
    await this.#store.replace(this.#key(request.id), body, there.version);
    return true;
  }

  /** Removes a request; no error when it is gone. */
  async remove(id: string): Promise<void> {
    await this.#store.delete(this.#key(id));
  }

  #key(id: string): string {
    return `${this.#prefix}${id}.json`;
  }
}

function format({ id: _, ...request }: WorkRequest): Buffer {
  return Buffer.from(`${JSON.stringify(z.encode(schema, request))}\n`);
}
