/** Text that is HTML already. Made by {@link html} only. */
export class Html {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

/** What may stand in a template: text and numbers are escaped, {@link Html} is not, lists are joined. */
export type HtmlValue = string | number | Html | readonly HtmlValue[] | undefined;

/** HTML from a template: every value is escaped, in text and in quoted attributes alike. Undefined is nothing. */
export function html(parts: TemplateStringsArray, ...values: readonly HtmlValue[]): Html {
  let text = parts[0]!;
  values.forEach((value, i) => {
    text += toText(value) + parts[i + 1]!;
  });
  return new Html(text);
}

function toText(value: HtmlValue): string {
  if (value === undefined) return '';
  if (value instanceof Html) return value.text;
  if (typeof value === 'object') return value.map(toText).join('');
  return String(value).replace(/[&<>"']/g, (char) => `&#${char.charCodeAt(0)};`);
}
