import { gunzipSync } from 'node:zlib';
import {
  CreateBucketCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListMultipartUploadsCommand,
  ListObjectsV2Command,
  S3Client,
} from '@aws-sdk/client-s3';
import { Secret } from '../../src/config/secret.ts';
import type { S3SinkConfig } from '../../src/config/types.ts';
import { createS3Sink, type S3Sink } from '../../src/sink/s3.ts';
import type { Batch, OutRecord } from '../../src/sink/sink.ts';
import { sinkDeps } from '../sink/deps.ts';
import { batchOf } from '../sink/records.ts';
import type { S3Server } from './s3.ts';

/** The range that the records of these tests are of. */
export const RANGE = { first: 1, last: 2 };

/** A bucket of its own on a server, and sinks that write to it. */
export class S3Place {
  readonly bucket: string;
  readonly #server: S3Server;
  readonly #client: S3Client;

  private constructor(server: S3Server, bucket: string) {
    this.bucket = bucket;
    this.#server = server;
    const { accessKeyId, secretAccessKey, url, region } = server;
    const credentials = { accessKeyId, secretAccessKey };
    this.#client = new S3Client({ endpoint: url, region, forcePathStyle: true, credentials });
  }

  /** Makes the bucket. `lock`: with Object Lock. */
  static async make(server: S3Server, bucket: string, lock = false): Promise<S3Place> {
    const place = new S3Place(server, bucket);
    await place.#client.send(new CreateBucketCommand({ Bucket: bucket, ObjectLockEnabledForBucket: lock }));
    return place;
  }

  /** Config of a sink that writes here. */
  config(changes: Partial<S3SinkConfig> = {}): S3SinkConfig {
    const { accessKeyId, secretAccessKey, url, region } = this.#server;
    return {
      type: 's3',
      id: 'archive',
      sources: ['acme'],
      from: 'earliest',
      format: 'ecs',
      records: { pii: 'minimal', includeOriginal: false, ocsfVersion: '1.8.0' },
      batch: { maxRecords: 1_000, maxBytes: 5 * 2 ** 20, maxWaitMs: 1_000 },
      bucket: this.bucket,
      prefix: 'clarifai/',
      region,
      endpoint: url,
      forcePathStyle: true,
      credentials: { accessKeyId, secretAccessKey: new Secret(secretAccessKey) },
      expectedBucketOwner: undefined,
      roll: 'each',
      sse: undefined,
      kmsKeyId: undefined,
      objectLock: undefined,
      caFile: undefined,
      ...changes,
    };
  }

  async sink(changes: Partial<S3SinkConfig> = {}): Promise<S3Sink> {
    return await createS3Sink(this.config(changes), sinkDeps());
  }

  /** Keys of all objects but the probe. */
  async keys(): Promise<string[]> {
    const keys: string[] = [];
    let ContinuationToken: string | undefined;
    do {
      const page = await this.#client.send(
        new ListObjectsV2Command({ Bucket: this.bucket, ...(ContinuationToken && { ContinuationToken }) }),
      );
      for (const { Key } of page.Contents ?? []) keys.push(Key!);
      ContinuationToken = page.NextContinuationToken;
    } while (ContinuationToken !== undefined);
    return keys.filter((key) => !key.endsWith('/probe'));
  }

  /** Lines of the object at `key`. */
  async lines(key: string): Promise<string[]> {
    const { Body } = await this.#client.send(new GetObjectCommand({ Bucket: this.bucket, Key: key }));
    const text = gunzipSync(await Body!.transformToByteArray()).toString();
    return text.split('\n').slice(0, -1);
  }

  /** Lines of all objects, in the order of their keys. */
  async allLines(): Promise<string[]> {
    const lines: string[] = [];
    for (const key of await this.keys()) lines.push(...(await this.lines(key)));
    return lines;
  }

  /** What the store says of an object. */
  async head(key: string): ReturnType<typeof headOf> {
    return await headOf(this.#client, this.bucket, key);
  }

  /** Uploads that were begun and not ended. */
  async uploads(): Promise<number> {
    const { Uploads } = await this.#client.send(new ListMultipartUploadsCommand({ Bucket: this.bucket }));
    return Uploads?.length ?? 0;
  }

  close(): void {
    this.#client.destroy();
  }
}

/** A batch of {@link RANGE}. */
export function rangeBatch(list: readonly OutRecord[]): Batch {
  return { ...batchOf(list, true), range: RANGE };
}

function headOf(client: S3Client, bucket: string, key: string) {
  return client.send(new HeadObjectCommand({ Bucket: bucket, Key: key, ChecksumMode: 'ENABLED' }));
}
