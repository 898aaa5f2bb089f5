/** Decides whether a named selection matches the event at hand. */
export type Lookup = (selection: string) => boolean;

/**
 * A Sigma condition as a function: `and`, `or`, `not`, parentheses, `1 of x*`, `all of x*`, `1 of them`.
 *
 * @param names the selections of the detection
 * @throws Error when the condition holds anything else, or names a selection that is not there
 */
export function parseCondition(text: string, names: readonly string[]): (matches: Lookup) => boolean {
  const tokens = text.match(/[()]|[^\s()]+/g) ?? [];
  let at = 0;

  const either = (): ((matches: Lookup) => boolean) => {
    let left = both();
    while (tokens[at] === 'or') {
      at++;
      const [before, right] = [left, both()];
      left = (matches) => before(matches) || right(matches);
    }
    return left;
  };
  const both = (): ((matches: Lookup) => boolean) => {
    let left = single();
    while (tokens[at] === 'and') {
      at++;
      const [before, right] = [left, single()];
      left = (matches) => before(matches) && right(matches);
    }
    return left;
  };
  const single = (): ((matches: Lookup) => boolean) => {
    const token = tokens[at++];
    if (token === 'not') {
      const inner = single();
      return (matches) => !inner(matches);
    }
    if (token === '(') {
      const inner = either();
      if (tokens[at++] !== ')') throw new Error(`A parenthesis is not closed in: ${text}`);
      return inner;
    }
    if ((token === '1' || token === 'all') && tokens[at] === 'of') {
      at++;
      const chosen = choose(tokens[at++] ?? '');
      return token === '1' ? (matches) => chosen.some(matches) : (matches) => chosen.every(matches);
    }
    if (token === undefined || !names.includes(token)) throw new Error(`No selection ${token} for: ${text}`);
    return (matches) => matches(token);
  };
  const choose = (pattern: string): readonly string[] => {
    const stem = pattern.endsWith('*') ? pattern.slice(0, -1) : undefined;
    const chosen =
      pattern === 'them'
        ? names
        : names.filter((name) => name === pattern || (stem !== undefined && name.startsWith(stem)));
    if (chosen.length === 0) throw new Error(`No selection ${pattern} for: ${text}`);
    return chosen;
  };

  const whole = either();
  if (at !== tokens.length) throw new Error(`Cannot read "${tokens[at]}" in: ${text}`);
  return whole;
}
