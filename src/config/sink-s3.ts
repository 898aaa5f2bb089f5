import { z } from 'zod';
import { duration, secretText, sinkUrl, size, text, whole } from './scalars.ts';
import { anyFormat, caFile, everySink, resolveCommon, resolvePath, type SinkContext } from './sink-common.ts';
import { strict } from './strict.ts';
import type { S3SinkConfig } from './types.ts';

const roll = z.union(
  [
    z.literal('each'),
    strict({
      max_bytes: size('1KiB').prefault('64MiB').describe('Compressed bytes gathered, about. Default: 64MiB.'),
      max_age: duration('1s', '7d').prefault('1h').describe('How long an entry may wait. Default: 1h.'),
    }),
  ],
  { error: 'must be each, or a mapping with max_bytes and max_age' },
);

/** `type: s3`. */
export const s3Sink = strict({
  type: z
    .literal('s3')
    .describe('Compressed lines in objects of S3, or of a store that speaks its protocol.'),
  ...everySink,
  format: anyFormat,
  bucket: z
    .string({ error: 'must be a bucket, as text' })
    .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{1,62}$/, { error: 'must be the name of a bucket' })
    .describe('The bucket. It is never made.'),
  prefix: z
    .string({ error: 'must be a prefix, as text' })
    .regex(/^(?!\/)[A-Za-z0-9!_.*'()/=-]{0,512}$/, {
      error: "must be at most 512 letters, digits and !_.*'()/=- and not begin with /",
    })
    .prefault('')
    .describe('Before every key, with its slash: clarifai/. Default: nothing.'),
  region: text('a region').prefault('us-east-1').describe('Region of the bucket. Default: us-east-1.'),
  endpoint: sinkUrl.optional().describe('URL of another store than AWS.'),
  force_path_style: z
    .boolean({ error: 'must be true or false' })
    .prefault(false)
    .describe('Bucket in the path, not in the host: most other stores need it. Default: false.'),
  access_key_id: text('a key id')
    .optional()
    .describe('Key id. Default: what AWS SDKs find (role, environment, profile).'),
  secret_access_key: secretText.optional().describe('Its secret. Better: secret_access_key_file.'),
  secret_access_key_file: text('a path')
    .optional()
    .describe('File that holds the secret. Read again when it changes.'),
  expected_bucket_owner: z
    .string({ error: 'must be an AWS account id in quotes' })
    .regex(/^\d{12}$/, { error: 'must be an AWS account id: 12 digits in quotes' })
    .optional()
    .describe('AWS account that owns the bucket: another owner is refused.'),
  roll: roll.prefault({}).describe('How many segments go into one object; each: an object a segment.'),
  sse: z
    .enum(['AES256', 'aws:kms'], { error: 'must be AES256 or aws:kms' })
    .optional()
    .describe('Encryption at rest. Default: as the bucket decides.'),
  kms_key_id: text('a key id').optional().describe('KMS key of sse: aws:kms.'),
  object_lock: strict({
    mode: z
      .enum(['COMPLIANCE', 'GOVERNANCE'], { error: 'must be COMPLIANCE or GOVERNANCE' })
      .describe('Mode of the lock.'),
    days: whole(1, 36_500).describe('How long, days.'),
  })
    .optional()
    .describe('Object Lock on each object. Default: as the bucket decides.'),
  ca_file: caFile,
});

/** Resolves `type: s3`. */
export function resolveS3(sink: z.output<typeof s3Sink>, context: SinkContext): S3SinkConfig {
  const secretAccessKey = context.secret('secret_access_key');
  const { access_key_id: accessKeyId, roll: rolled } = sink;
  return {
    ...resolveCommon(sink, context),
    type: 's3',
    bucket: sink.bucket,
    prefix: sink.prefix,
    region: sink.region,
    endpoint: sink.endpoint,
    forcePathStyle: sink.force_path_style,
    credentials:
      accessKeyId === undefined || secretAccessKey === undefined
        ? undefined
        : { accessKeyId, secretAccessKey },
    expectedBucketOwner: sink.expected_bucket_owner,
    roll: rolled === 'each' ? 'each' : { maxBytes: rolled.max_bytes, maxAgeMs: rolled.max_age },
    sse: sink.sse,
    kmsKeyId: sink.kms_key_id,
    objectLock: sink.object_lock,
    caFile: resolvePath(context.folder, sink.ca_file),
  };
}
