import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { type OcsfEvent, OPERATIONS, type Operation } from '../../src/event/catalogue.ts';
import { type Json, record } from './entries.ts';

const PAGE = '../../docs/mapping.md';
const SAMPLE = new URL('golden/sample-answer.json', import.meta.url);

function read(url: URL): string {
  return readFileSync(url, 'utf8');
}

function ocsfText({ classUid, activityId, activityName }: OcsfEvent): string {
  return `${classUid} / ${activityId} ${activityName}`;
}

function row(operation: Operation): string {
  const { code, name, ecs, ocsf, ocsf13, targets, primaryTarget } = operation;
  const expected = targets.map(({ kind, optional }) => {
    const text = optional ? `${kind}?` : kind;
    return kind === primaryTarget ? `**${text}**` : text;
  });
  const cells = [
    code,
    name,
    `\`${ecs.action}\``,
    ecs.category.join(', '),
    ecs.type.join(', '),
    ocsfText(ocsf),
    ocsf13 === ocsf ? 'same' : ocsfText(ocsf13),
    `${ocsf.severityId} / ${ocsf.severityIdOnFailure}`,
    expected.join(', '),
  ];
  return `| ${cells.join(' | ')} |`;
}

function table(): string {
  return [
    '| Code | Event type | ECS `event.action` | `event.category` | `event.type` | OCSF class / activity | OCSF 1.3 | Severity, success / failure | Targets |',
    '|---|---|---|---|---|---|---|---|---|',
    ...OPERATIONS.map(row),
  ].join('\n');
}

function fenced(value: unknown): string {
  return `\`\`\`json\n${JSON.stringify(value, undefined, 2)}\n\`\`\``;
}

/** The parts of the page that the code decides, by the name in their markers. */
function generated(): ReadonlyMap<string, string> {
  const [entry] = (JSON.parse(read(SAMPLE)) as { entries: Json[] }).entries;
  return new Map([
    ['event types', table()],
    ['entry', fenced(entry)],
    ['ecs', fenced(record('ecs', entry!))],
    ['ocsf', fenced(record('ocsf', entry!))],
  ]);
}

describe('docs/mapping.md', () => {
  const page = read(new URL(PAGE, import.meta.url));

  it('says what the code does (npm test -- test/record/mapping-doc.test.ts -u writes it anew)', async () => {
    let expected = page;
    for (const [name, text] of generated()) {
      const [begin, end] = [`<!-- generated: ${name} -->`, '<!-- end -->'];
      const from = expected.indexOf(begin);
      expect(from, `the marker ${begin}`).toBeGreaterThan(-1);
      const to = expected.indexOf(end, from);
      expect(to, `the end of ${begin}`).toBeGreaterThan(-1);
      expected = `${expected.slice(0, from)}${begin}\n${text}\n${expected.slice(to)}`;
    }
    await expect(expected).toMatchFileSnapshot(PAGE);
  });

  it('has all 47 event types', () => {
    for (const { code, name } of OPERATIONS) expect(page).toContain(`| ${code} | ${name} |`);
    expect(OPERATIONS).toHaveLength(47);
  });

  it('searches only for event types that exist', () => {
    const actions = [...page.matchAll(/event\.action\s*(?:==|[:=])\s*"?([a-z][a-z-]*)/g)].map(
      ([, action]) => action,
    );
    const operations = [...page.matchAll(/operation\s*=\s*['"]([A-Z_]+)/g)].map(([, operation]) => operation);
    expect(actions.length).toBeGreaterThan(0);
    expect(operations.length).toBeGreaterThan(0);
    expect(OPERATIONS.map(({ ecs }) => ecs.action)).toEqual(expect.arrayContaining(actions));
    expect(OPERATIONS.map(({ name }) => name)).toEqual(expect.arrayContaining(operations));
  });
});
