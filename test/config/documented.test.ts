import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { loadConfig } from '../../src/config/load.ts';

const PAGE = readFileSync(join(import.meta.dirname, '..', '..', 'docs', 'sinks.md'), 'utf8');
const EXAMPLES = [...PAGE.matchAll(/```yaml\n(sinks:\n.*?)```/gs)].map(([, text]) => text!);

describe('examples in docs/sinks.md', () => {
  it('are there for every kind of sink', () => {
    const kinds = new Set(
      EXAMPLES.flatMap((text) => [...text.matchAll(/type: (\w+)/g)].map(([, kind]) => kind)),
    );
    expect([...kinds].sort()).toEqual(['elasticsearch', 'file', 'opensearch', 's3', 'splunk_hec', 'stdout']);
  });

  it.each(EXAMPLES)('are taken as they are: %s', (text) => {
    const folder = mkdtempSync(join(tmpdir(), 'siem-export-docs-'));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    const secret = join(folder, 'secret');
    writeFileSync(secret, 'documented', { mode: 0o600 });
    const path = join(folder, 'connector.yaml');
    const sinks = text.replaceAll(/_file: \/run\/secrets\/\S+/g, `_file: ${secret}`);
    writeFileSync(
      path,
      `sources: [{ id: acme, user_id: acme-corp, pat: documented }]\njournal: { path: ./data }\n${sinks}`,
    );
    expect(loadConfig(path, {}).sinks.length).toBeGreaterThan(0);
  });
});
