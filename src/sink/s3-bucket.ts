import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  GetObjectCommand,
  HeadObjectCommand,
  PutObjectCommand,
  S3Client,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import type { Environment } from '../config/environment.ts';
import type { S3SinkConfig } from '../config/types.ts';
import { createNodeAgents, type NodeAgents } from '../http/node-agents.ts';
import { proxySettings } from '../http/outbound.ts';
import type { Clock } from '../runtime/clock.ts';
import { s3Error, s3FaultOf } from './s3-errors.ts';

/** Time limit of one request, milliseconds: a part of 8 MiB needs 70 KB/s. */
const REQUEST_TIMEOUT_MS = 120_000;
const DAY_MS = 86_400_000;

/** A part that the store has. */
export interface StoredPart {
  readonly PartNumber: number;
  readonly ETag: string | undefined;
  readonly ChecksumSHA256: string | undefined;
}

/** What came of a conditional write: `exists` when something is at the key. */
export type PutOutcome = 'stored' | 'exists';

/** A bucket, by the few requests that this sink makes. All errors are typed by {@link s3Error}. */
export class S3Bucket {
  readonly #newClient: () => S3Client;
  #client: S3Client;
  readonly #config: S3SinkConfig;
  readonly #clock: Clock;
  readonly #closeAgents: () => void;
  /** False for a store that refuses requests with a condition. */
  conditional = true;

  /** @param caPem certificates trusted beside the system's */
  constructor(config: S3SinkConfig, caPem: string | undefined, env: Environment, clock: Clock) {
    const agents = createNodeAgents(caPem, proxySettings(env));
    this.#closeAgents = agents.close;
    this.#config = config;
    this.#clock = clock;
    this.#newClient = () => clientOf(config, agents);
    this.#client = this.#newClient();
  }

  /** Where `key` is, for messages. */
  place(key: string): string {
    return `s3://${this.#config.bucket}/${key}`;
  }

  /** Writes an object unless one is there. `lock`: with the Object Lock of the config. */
  async put(
    key: string,
    body: Buffer,
    metadata: Readonly<Record<string, string>>,
    signal: AbortSignal,
    lock = true,
  ): Promise<PutOutcome> {
    const command = () =>
      new PutObjectCommand({
        ...this.#at(key),
        ...this.#kept(lock),
        Body: body,
        ContentLength: body.length,
        ContentType: 'application/gzip',
        ChecksumAlgorithm: 'SHA256',
        Metadata: { ...metadata },
        ...this.#condition(),
      });
    return await this.#unlessThere(() => this.#send(command, `Writing ${this.place(key)}`, signal));
  }

  /** Begins a multipart upload. Resolves with its id. */
  async begin(key: string, signal: AbortSignal): Promise<string> {
    const command = () =>
      new CreateMultipartUploadCommand({
        ...this.#at(key),
        ...this.#kept(true),
        ContentType: 'application/gzip',
        ChecksumAlgorithm: 'SHA256',
      });
    const { UploadId } = await this.#send(command, `Beginning the upload of ${this.place(key)}`, signal);
    return UploadId!;
  }

  /** Uploads part `number`, counted from 1. */
  async part(
    key: string,
    id: string,
    number: number,
    body: Buffer,
    signal: AbortSignal,
  ): Promise<StoredPart> {
    const command = () =>
      new UploadPartCommand({
        ...this.#at(key),
        UploadId: id,
        PartNumber: number,
        Body: body,
        ContentLength: body.length,
        ChecksumAlgorithm: 'SHA256',
      });
    const what = `Writing part ${number} of ${this.place(key)}`;
    const { ETag, ChecksumSHA256 } = await this.#send(command, what, signal);
    return { PartNumber: number, ETag, ChecksumSHA256 };
  }

  /** Makes the object of its parts, unless one is there. `lost` when the store does not know the upload any more. */
  async complete(
    key: string,
    id: string,
    parts: readonly StoredPart[],
    signal: AbortSignal,
  ): Promise<PutOutcome | 'lost'> {
    const command = () =>
      new CompleteMultipartUploadCommand({
        ...this.#at(key),
        UploadId: id,
        MultipartUpload: { Parts: [...parts] },
        ...this.#condition(),
      });
    const what = `Completing the upload of ${this.place(key)}`;
    try {
      return await this.#unlessThere(() => this.#send(command, what, signal));
    } catch (error) {
      if (s3FaultOf((error as Error).cause).status === 404) return 'lost';
      throw error;
    }
  }

  /** Gives up an upload. Throws nothing: what is left is for the lifecycle of the bucket. */
  async abort(key: string, id: string, signal: AbortSignal): Promise<void> {
    const command = () => new AbortMultipartUploadCommand({ ...this.#at(key), UploadId: id });
    await this.#send(command, `Giving up the upload of ${this.place(key)}`, signal).catch(() => {});
  }

  /** Metadata of an object, or undefined when there is none. */
  async metadata(key: string, signal: AbortSignal): Promise<Record<string, string> | undefined> {
    const command = () => new HeadObjectCommand(this.#at(key));
    try {
      return (await this.#send(command, `Looking at ${this.place(key)}`, signal)).Metadata ?? {};
    } catch (error) {
      if (s3FaultOf((error as Error).cause).status === 404) return undefined;
      throw error;
    }
  }

  /** The bytes of an object, or undefined when there is none. */
  async read(key: string, signal: AbortSignal): Promise<AsyncIterable<Uint8Array> | undefined> {
    const command = () => new GetObjectCommand(this.#at(key));
    try {
      const { Body } = await this.#send(command, `Reading ${this.place(key)}`, signal);
      return Body as unknown as AsyncIterable<Uint8Array>;
    } catch (error) {
      if (s3FaultOf((error as Error).cause).status === 404) return undefined;
      throw error;
    }
  }

  /** Ends all connections. Idempotent. */
  close(): void {
    this.#client.destroy();
    this.#closeAgents();
  }

  #at(key: string): { Bucket: string; Key: string; ExpectedBucketOwner?: string } {
    const { bucket, expectedBucketOwner } = this.#config;
    return {
      Bucket: bucket,
      Key: key,
      ...(expectedBucketOwner === undefined ? {} : { ExpectedBucketOwner: expectedBucketOwner }),
    };
  }

  /** Encryption and Object Lock. */
  #kept(lock: boolean): object {
    const { sse, kmsKeyId, objectLock } = this.#config;
    return {
      ...(sse === undefined ? {} : { ServerSideEncryption: sse }),
      ...(kmsKeyId === undefined ? {} : { SSEKMSKeyId: kmsKeyId }),
      ...(objectLock !== undefined && lock
        ? {
            ObjectLockMode: objectLock.mode,
            ObjectLockRetainUntilDate: new Date(this.#clock.nowMs() + objectLock.days * DAY_MS),
          }
        : {}),
    };
  }

  #condition(): { IfNoneMatch?: '*' } {
    return this.conditional ? { IfNoneMatch: '*' } : {};
  }

  async #unlessThere(write: () => Promise<unknown>): Promise<PutOutcome> {
    try {
      await write();
      return 'stored';
    } catch (error) {
      if (s3FaultOf((error as Error).cause).status === 412) return 'exists';
      throw error;
    }
  }

  /** Sends a request; once more when credentials that were refused have changed since. */
  async #send<T>(command: () => Command<T>, what: string, signal: AbortSignal): Promise<T> {
    const { credentials } = this.#config;
    for (let again = false; ; again = true) {
      const limit = AbortSignal.timeout(REQUEST_TIMEOUT_MS);
      try {
        signal.throwIfAborted();
        const options = { abortSignal: AbortSignal.any([signal, limit]) };
        return (await this.#client.send(command() as never, options as never)) as T;
      } catch (error) {
        if (signal.aborted) throw signal.reason;
        const typed = s3Error(limit.aborted ? limit.reason : error, what);
        const renewed = typed.code === 'sink.refused' && credentials?.secretAccessKey.refresh() === true;
        if (again || !renewed) throw typed;
        // A client keeps the credentials that it began with.
        this.#client = this.#newClient();
      }
    }
  }
}

/** A request of the SDK whose answer is a `T`. */
type Command<T> = { readonly input: object } & {
  resolveMiddleware(...args: never[]): (...args: never[]) => Promise<{ output: T }>;
};

function clientOf(config: S3SinkConfig, agents: NodeAgents): S3Client {
  const { credentials, endpoint, region, forcePathStyle } = config;
  return new S3Client({
    region,
    forcePathStyle,
    maxAttempts: 1,
    requestHandler: { httpAgent: agents.http, httpsAgent: agents.https, connectionTimeout: 10_000 },
    ...(endpoint === undefined ? {} : { endpoint }),
    ...(credentials && {
      credentials: {
        accessKeyId: credentials.accessKeyId,
        secretAccessKey: credentials.secretAccessKey.reveal(),
      },
    }),
  });
}
