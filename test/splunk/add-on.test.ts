import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Format } from '../../src/config/types.ts';
import { OPERATIONS } from '../../src/event/catalogue.ts';
import { createStreamingMapper } from '../../src/record/formats.ts';
import { HEC_SOURCETYPE } from '../../src/record/hec.ts';
import { context, entry, options, targetSets } from '../record/entries.ts';
import { type Envelope, parseEnvelope } from '../support/hec-envelope.ts';
import { ADD_ON, readConf } from './conf.ts';
import { type Fields, fieldsIn, meets, searchFields } from './search-time.ts';

const props = readConf('default/props.conf');
const eventTypes = readConf('default/eventtypes.conf');
const tags = readConf('default/tags.conf');
const settings = props.get(HEC_SOURCETYPE)!;

interface Sent {
  readonly name: string;
  readonly expectedTags: readonly string[];
  readonly envelope: Envelope;
  readonly seen: Fields;
}

/** What the connector sends of every event type, one that is not known and an entry that is no object. */
function sentIn(format: Format): Sent[] {
  const map = createStreamingMapper(format, options(), () => {}, { index: undefined, host: undefined });
  const send = (value: unknown, name: string, expectedTags: readonly string[]): Sent => {
    const { line } = map(Buffer.from(JSON.stringify(value)), true, context);
    const envelope = parseEnvelope(line) as Envelope;
    return { name, expectedTags, envelope, seen: searchFields(envelope, props) };
  };
  const known = OPERATIONS.flatMap(({ code, name, cim }) =>
    targetSets(code).flatMap((targets) =>
      [true, false].map((success) =>
        send(entry({ operation: code, targets, success }), `${format} ${name}`, cim.tags),
      ),
    ),
  );
  return [
    ...known,
    send(entry({ operation: 4711 }), `${format} unknown`, ['change']),
    send('x', `${format} broken`, []),
  ];
}

const sent = (['ecs', 'ocsf', 'raw'] as const).flatMap(sentIn);
const fieldNames = new Set(sent.flatMap(({ envelope }) => Object.keys(envelope.fields)));

function tagsOf(seen: Fields): string[] {
  return [...eventTypes]
    .filter(([, stanza]) => meets(stanza.get('search')!, seen))
    .flatMap(([type]) => [...(tags.get(`eventtype=${type}`)?.keys() ?? [])]);
}

describe('TA-clarifai', () => {
  it('has settings for the source type that is sent, and no other', () => {
    expect([...props.keys()]).toEqual([HEC_SOURCETYPE]);
    expect(settings.get('KV_MODE')).toBe('json');
    expect(settings.get('TRUNCATE')).toBe('0');
    expect(settings.has('INDEXED_EXTRACTIONS')).toBe(false);
  });

  it('finds the time of a line in every format, where a forwarder reads files', () => {
    const prefix = new RegExp(settings.get('TIME_PREFIX')!);
    const lookahead = Number(settings.get('MAX_TIMESTAMP_LOOKAHEAD'));
    for (const format of ['ecs', 'ocsf', 'raw'] as const) {
      const map = createStreamingMapper(format, options(), () => {});
      const { line } = map(Buffer.from(JSON.stringify(entry())), true, context);
      const { index, 0: found } = prefix.exec(line)!;
      const rest = line.slice(index + found.length, index + found.length + lookahead);
      expect(rest).toMatch(/^2025-01-17T12:31:35\.449860Z"/);
    }
  });

  it('every event type is tagged as its catalogue says, in every format', () => {
    for (const { name, expectedTags, seen } of sent) expect(tagsOf(seen), name).toEqual(expectedTags);
    expect(sent.some(({ expectedTags }) => expectedTags.includes('account'))).toBe(true);
  });

  it('every event has an event type, and every tag hangs on one that there is', () => {
    const all = eventTypes.get('clarifai_audit')!.get('search')!;
    for (const { name, seen } of sent) expect(meets(all, seen), name).toBe(true);
    for (const stanza of tags.keys()) expect(eventTypes.has(stanza.replace('eventtype=', ''))).toBe(true);
  });

  it('aliases and calculated fields read what is sent', () => {
    const sources = [...settings].flatMap(([key, value]) => {
      if (key.startsWith('FIELDALIAS-')) return value.split(' AS ')[0]!;
      return key.startsWith('EVAL-') ? fieldsIn(value) : [];
    });
    expect(sources).toEqual(['vendor_account', 'status', 'cim_tags']);
    for (const name of sources) expect(fieldNames.has(name), name).toBe(true);
  });

  it('names every field of the envelope as an indexed one, for its source type alone', () => {
    const stanzas = [...readConf('default/fields.conf')];
    const names = stanzas.map(([name]) => name.replace(`sourcetype::${HEC_SOURCETYPE}::`, ''));
    expect(names.sort()).toEqual([...fieldNames].sort());
    for (const [, stanza] of stanzas) expect(Object.fromEntries(stanza)).toEqual({ INDEXED: 'true' });
  });

  it('no field of a record has the name of an indexed field, but for the status of OCSF', () => {
    const own = new Set(sent.flatMap(({ envelope }) => [...scalars(envelope.event)]));
    expect([...fieldNames].filter((name) => own.has(name))).toEqual(['status']);
    for (const { seen, envelope } of sent) {
      if (envelope.fields.status !== undefined) expect(seen.get('status')).toEqual([envelope.fields.status]);
    }
  });

  it('a change has the fields of CIM, and an account change says who changed whom', () => {
    for (const { name, expectedTags, seen } of sent) {
      if (!expectedTags.includes('change')) continue;
      for (const field of [
        'action',
        'change_type',
        'command',
        'dest',
        'object_category',
        'user',
        'vendor_product',
      ]) {
        const isMissing = field === 'user' && expectedTags.includes('account') && !seen.has('user');
        if (!isMissing) expect(seen.get(field)?.length, `${name}: ${field}`).toBe(1);
      }
      expect(['created', 'modified', 'deleted', 'acl_modified']).toContain(seen.get('action')![0]);
      expect(['success', 'failure']).toContain(seen.get('status')![0]);
      if (expectedTags.includes('account')) expect(seen.get('src_user')).toEqual(['alice']);
    }
  });

  it('each search of its README finds what it is for', () => {
    const readme = readFileSync(join(ADD_ON, 'README.md'), 'utf8');
    const block = /## Searches[\s\S]*?```\n([\s\S]*?)```/.exec(readme)![1]!;
    const searches = block.trim().split('\n');
    expect(searches.length).toBeGreaterThanOrEqual(3);
    for (const search of searches) {
      const found = sent.filter(({ seen }) => meets(search, seen, tagsOf(seen)));
      expect(found.length, search).toBeGreaterThan(0);
      expect(found.length, search).toBeLessThan(sent.length);
      const used = [...search.matchAll(/(?:table|BY|dedup) ([\w ]+)/g)].flatMap(([, list]) =>
        list!.trim().split(' '),
      );
      for (const name of used) {
        if (name !== '_time')
          expect(
            found.some(({ seen }) => seen.has(name)),
            `${search}: ${name}`,
          ).toBe(true);
      }
    }
  });

  it('its dashboard is well-formed, and every search of it finds what it is for', () => {
    const view = readFileSync(join(ADD_ON, 'default', 'data', 'ui', 'views', 'clarifai_audit.xml'), 'utf8');
    expect(unbalanced(view)).toEqual([]);
    const queries = [...view.matchAll(/<query>(.*?)<\/query>/g)].map(([, query]) => query!);
    expect(queries.length).toBe(view.split('<search>').length - 1);
    expect(view.split('<title>').length - 1).toBe(queries.length);
    for (const query of queries) {
      const [search, ...commands] = query.replace(' user="$user$"', '').split(' | ');
      const found = sent.filter(({ seen }) => meets(search!, seen, tagsOf(seen)));
      expect(found.length, query).toBeGreaterThan(0);
      const used = commands.flatMap((command) => {
        const list = /^(?:table|dedup|stats count BY|timechart count BY) ([\w ]+)$/.exec(command)?.[1];
        const inside = [...command.matchAll(/(?:dc|coalesce)\(([\w, ]+)\)/g)].map(([, names]) => names!);
        return [list ?? '', ...inside].join(' ').split(/[ ,]+/).filter(Boolean);
      });
      expect(used.length, query).toBeGreaterThan(0);
      for (const name of used) {
        if (name === '_time' || query.includes(`eval ${name}=`)) continue;
        expect(
          found.some(({ seen }) => seen.has(name)),
          `${query}: ${name}`,
        ).toBe(true);
      }
      // Delivery is at least once.
      expect(query).toMatch(/dedup event_id|dc\(/);
    }
  });

  it('is seen by other apps, and changed by administrators only', () => {
    const meta = readConf('metadata/default.meta').get('')!;
    expect(meta.get('export')).toBe('system');
    expect(meta.get('access')).toContain('write : [ admin, sc_admin ]');
    const app = readConf('default/app.conf');
    expect(app.get('package')!.get('id')).toBe('TA-clarifai');
    expect(app.get('launcher')!.get('version')).toMatch(/^\d+\.\d+\.\d+$/);
  });
});

/** Names at the top of a record that hold a value rather than an object. */
function scalars(event: unknown): string[] {
  if (typeof event !== 'object' || event === null) return [];
  return Object.entries(event)
    .filter(([, value]) => typeof value !== 'object')
    .map(([name]) => name);
}

/** Tags of a document that do not close in the order in which they opened. */
function unbalanced(xml: string): string[] {
  const open: string[] = [];
  const wrong: string[] = [];
  for (const [, close, name, alone] of xml.matchAll(/<(\/?)(\w+)[^<>]*?(\/?)>/g)) {
    if (alone !== '') continue;
    if (close === '') open.push(name!);
    else if (open.pop() !== name) wrong.push(name!);
  }
  return [...wrong, ...open];
}
