import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { CANARY, useConfigFolder } from './support.ts';

const { refusal, write } = useConfigFolder();

describe('secrets in a config', () => {
  it.each([
    ['a PAT where its file belongs, from a variable', 'sources: [{ id: a, user_id: u, pat_file: "${PAT}" }]'],
    ['a PAT as part of a path', 'sources: [{ id: a, user_id: u, pat_file: "x/${PAT}/y" }]'],
    [
      'a source id, when a sink names another',
      'sources: [{ id: "${PAT}", user_id: u, pat: x }]\nsinks: [{ id: s, type: stdout, sources: [q] }]',
    ],
    ['an alias that is none', `sources:\n  - pat: *${CANARY}\n`],
    ['a block scalar that is none', `sources:\n  - pat: |${CANARY}\n    x\n`],
    ['a token at a wrong place', `a: }${CANARY}`],
    ['a tag that is none', `sources:\n  - pat: !${CANARY} [x]\n`],
    ['a text behind a text', `sources:\n  - pat: "x" ${CANARY}\n`],
    ['a directive that is none', `%${CANARY} x\n---\na: 1`],
  ])('are not shown by the refusal of %s', (_what, text) => {
    const error = refusal(text, { PAT: CANARY });
    expect(error).toMatchObject({ code: 'config.invalid', exitCode: 2 });
    expect(inspect(error, { depth: 9 }) + error.stack).not.toContain(CANARY);
  });

  it('a token of 32 digits in place of its file is not shown, and told where it belongs', () => {
    const token = '0123456789abcdef0123456789abcdef';
    const { message } = refusal(`sources: [{ id: a, user_id: u, pat_file: ${token} }]`);
    expect(message).not.toContain(token);
    expect(message).toContain('that belongs under pat');
  });

  it.each([
    ['empty', '', 'is empty'],
    ['two lines', `${CANARY}\n${CANARY}\n`, 'one line of visible ASCII'],
    ['two line ends', `${CANARY}\n\n`, 'one line of visible ASCII'],
    ['not ASCII', `${CANARY}é`, 'one line of visible ASCII'],
  ])('a PAT file is refused by its name, not by what it holds: %s', (_what, content, words) => {
    write('token.txt', content);
    const { message } = refusal('sources: [{ id: a, user_id: u, pat_file: token.txt }]');
    expect(message).toMatch(/token\.txt", which/);
    expect(message).toContain(words);
    expect(message).not.toContain(CANARY);
  });

  it('a PAT file that cannot be read is told together with everything else', () => {
    const { message } = refusal('sources: [{ id: a, user_id: u, pat_file: none, settle: soon }]');
    expect(message).toContain('sources[0].settle is no duration');
    expect(message).toContain('which cannot be read (ENOENT)');
  });

  it('both pat and pat_file are refused', () => {
    expect(refusal('sources: [{ id: a, user_id: u, pat: x, pat_file: pat }]').message).toContain(
      'sources[0].pat_file stands beside pat',
    );
  });
});
