import { describe, expect, it } from 'vitest';
import { parseCondition } from './condition.ts';
import { compileRule } from './match.ts';

const NAMES = ['a', 'filter_b', 'filter_c'];
const holds = (condition: string, ...true_: string[]) =>
  parseCondition(condition, NAMES)((name) => true_.includes(name));
const rule = (selection: Record<string, string | boolean | readonly string[]>) =>
  compileRule({ file: 'x.yml', detection: { condition: 'selection', selection } });

describe('Sigma conditions', () => {
  it('bind not before and, and before or', () => {
    expect(holds('a or filter_b and not filter_c', 'a', 'filter_c')).toBe(true);
    expect(holds('(a or filter_b) and not filter_c', 'a', 'filter_c')).toBe(false);
  });

  it('count selections by pattern', () => {
    expect(holds('a and not 1 of filter_*', 'a')).toBe(true);
    expect(holds('a and not 1 of filter_*', 'a', 'filter_c')).toBe(false);
    expect(holds('all of filter_*', 'filter_b')).toBe(false);
    expect(holds('all of them', ...NAMES)).toBe(true);
  });

  it('are refused when they name a selection that is not there', () => {
    expect(() => parseCondition('a and b', NAMES)).toThrow('No selection b');
    expect(() => parseCondition('1 of other_*', NAMES)).toThrow('No selection other_*');
    expect(() => parseCondition('a a', NAMES)).toThrow('Cannot read "a"');
  });
});

describe('Sigma fields', () => {
  it('match any of a list, without regard to case, in any element of an array', () => {
    expect(rule({ 'e.action': ['x', 'MODEL-*'] })({ e: { action: ['y', 'model-delete'] } })).toBe(true);
    expect(rule({ 'e.action': ['x', 'model'] })({ e: { action: 'model-delete' } })).toBe(false);
  });

  it('take the modifiers contains, all, startswith, endswith, exists and cidr', () => {
    expect(rule({ 'd|contains|all': ['one', 'two'] })({ d: 'two, one' })).toBe(true);
    expect(rule({ 'd|contains|all': ['one', 'two'] })({ d: 'one' })).toBe(false);
    expect(rule({ 'd|startswith': 'ab' })({ d: 'cab' })).toBe(false);
    expect(rule({ 'd|endswith': 'ab' })({ d: 'cab' })).toBe(true);
    expect(rule({ 'd|exists': true })({})).toBe(false);
    expect(rule({ 'd|cidr': ['10.0.0.0/8', '2001:db8::/32'] })({ d: '2001:db8::1' })).toBe(true);
    expect(rule({ 'd|cidr': '10.0.0.0/8' })({ d: '11.0.0.1' })).toBe(false);
  });

  it('are refused with a modifier that the rules do not use', () => {
    expect(() => rule({ 'd|base64': 'x' })).toThrow('Unknown modifiers: d|base64');
  });
});
