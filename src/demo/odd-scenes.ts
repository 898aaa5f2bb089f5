import type { Scene } from './scenes.ts';

/** Scenes with operation codes and target kinds that nobody knows yet. */
export const UNKNOWN_SCENES: readonly Scene[] = [
  scene(500, { kind: 'dataset', id: 'spring-catalogue' }, 'Datasets created'),
  scene(503, { kind: 'dataset_version', id: 'v7' }, 'Dataset versions created'),
  scene(1200, { kind: 'pipeline', id: 'nightly-training' }, 'Pipelines created'),
  scene(4711, { kind: 'app', id: 'sandbox' }, ''),
  scene(999_999, undefined, 'Something new'),
];

const MODEL = { kind: 'model', id: 'shelf-detector' };

/** Texts as they stand between the quotes of a JSON string. */
const ODD_TEXTS: readonly Buffer[] = [
  Buffer.from(String.raw`line\nbreak \t tab \"quotes\" back\\slash \/ \u0041\u00e9`),
  Buffer.from(String.raw`zero \u0000 bell \u0007 ansi \u001b[31mred\u001b[0m del \u007f`),
  Buffer.from('line \u2028 and paragraph \u2029 separators, escaped \\u2028'),
  Buffer.from(String.raw`lone \ud800 and \udc00 surrogates, a pair \ud83d\ude80`),
  Buffer.from('emoji 🚀, combining e\u0301, byte order mark \ufeff inside, right-to-left \u202eabc'),
  Buffer.concat([
    Buffer.from('invalid UTF-8 '),
    Buffer.from([0xff, 0xfe, 0x20, 0xc3, 0x28]),
    Buffer.from(' end'),
  ]),
  Buffer.concat([Buffer.from('overlong '), Buffer.from([0xc0, 0xaf, 0xed, 0xa0, 0x80]), Buffer.from(' end')]),
];

/** Fields between `description` and `targets`: JSON that is legal and unusual. */
const ODD_FIELDS: readonly string[] = [
  '"sequence":9007199254740993,"ratio":1e400,"small":-0.0',
  '"description":"an earlier value","description":"the last value"',
  '"__proto__":{"admin":true},"constructor":{"prototype":{}}',
  '"new_field":{"a":[1,2,{"b":null}],"":[]}, "spaced" : [ 1 , 2 ]',
  `"deep":${'['.repeat(200)}${']'.repeat(200)}`,
  '"org_id":null,"braces":"}]{[\\\\","tags":"not a list"',
];

const ODD_IPS: readonly string[] = ['::ffff:192.0.2.7', 'fe80::1%eth0', '1.2.3', '', '2001:DB8::0:1'];

/** Scenes whose bytes try whoever parses, hashes or prints them; all are well-formed JSON but for the UTF-8. */
export const ODD_SCENES: readonly Scene[] = [
  ...ODD_TEXTS.map((text) => oddScene(text, undefined, undefined)),
  ...ODD_FIELDS.map((field) => oddScene(Buffer.from('Models updated'), field, undefined)),
  ...ODD_IPS.map((ip) => oddScene(Buffer.from('Models updated'), undefined, ip)),
];

function scene(code: number, target: { kind: string; id: string } | undefined, description: string): Scene {
  const targets = target === undefined ? [] : [target];
  const shown = targets.map(({ kind, id }) => ({ [kind]: { id, created_at: '2025-02-03T10:11:12Z' } }));
  const rest = `"description":${JSON.stringify(description)},"targets":${JSON.stringify(shown)}`;
  return { code, head: Buffer.from(`,"operation":${code},${rest},"details":[`), hasDetails: false, targets };
}

function oddScene(text: Buffer, field: string | undefined, sourceIp: string | undefined): Scene {
  const head = Buffer.concat([
    Buffer.from(',"operation":301,"description":"'),
    text,
    Buffer.from(
      `",${field === undefined ? '' : `${field},`}"targets":[{"model":{"id":"${MODEL.id}"}}],"details":["`,
    ),
    text,
    Buffer.from('"'),
  ]);
  const plain: Scene = { code: 301, head, hasDetails: true, targets: [MODEL] };
  return sourceIp === undefined ? plain : { ...plain, sourceIp };
}
