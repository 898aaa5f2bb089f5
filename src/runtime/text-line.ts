/** Widest level, so that messages stand below each other. */
const LEVEL_WIDTH = 5;

/** What may stand without quotes. */
const PLAIN = /^[\w.:/@+-]+$/;

/**
 * A JSON log line for people: time, level, message, and the fields as `name=value`, those of objects as
 * `err.code=value`. Control characters stay escaped, so a line stays one line.
 *
 * @param json the line, line end included
 */
export function textLine(json: string): string {
  const { time, level, msg, ...fields } = JSON.parse(json) as Record<string, unknown>;
  const head = `${time} ${String(level).toUpperCase().padEnd(LEVEL_WIDTH)} ${escapeControls(String(msg))}`;
  return `${[head, ...pairs(fields, '')].join(' ')}\n`;
}

function pairs(fields: object, prefix: string): string[] {
  return Object.entries(fields).flatMap(([name, value]) =>
    typeof value === 'object' && value !== null && !Array.isArray(value)
      ? pairs(value, `${prefix}${name}.`)
      : [`${prefix}${name}=${valueText(value)}`],
  );
}

function valueText(value: unknown): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return PLAIN.test(text) ? text : escapeControls(JSON.stringify(text));
}

/** Escapes what ends or redraws a line of a terminal (C0, DEL, C1, line and paragraph separators). */
function escapeControls(text: string): string {
  return text.replace(
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
    /[\u0000-\u001f\u007f-\u009f\u2028\u2029]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
