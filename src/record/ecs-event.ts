import { actionOf } from '../event/catalogue.ts';
import type { Fields } from './fields.ts';
import { quote, quoteAll } from './json.ts';
import type { LineWriter } from './line-writer.ts';

type Outcome = 'success' | 'failure' | 'unknown';

/** `event.outcome`: an operation that does not say how it ended is `unknown`. */
function outcomeOf(success: boolean | undefined): Outcome {
  if (success === undefined) return 'unknown';
  return success ? 'success' : 'failure';
}

const UNKNOWN_CATEGORY: readonly string[] = ['configuration'];
const UNKNOWN_TYPE: readonly string[] = ['info'];

/** `event.action`: `event-type-<code>` for an operation that has no name. */
function ecsAction({ operation, code, operationName }: Fields): string {
  if (operation !== undefined) return operation.ecs.action;
  return code === undefined ? actionOf(operationName) : `event-type-${code}`;
}

function build(fields: Fields, outcome: Outcome): Buffer {
  const { operation, code } = fields;
  return Buffer.from(
    ',"kind":"event","module":"clarifai","dataset":"clarifai.audit"' +
      `,"action":${quote(ecsAction(fields))}` +
      (code === undefined ? '' : `,"code":"${code}"`) +
      `,"category":${quoteAll(operation?.ecs.category ?? UNKNOWN_CATEGORY)}` +
      `,"type":${quoteAll(operation?.ecs.type ?? UNKNOWN_TYPE)}` +
      `,"outcome":"${outcome}"`,
  );
}

/** By code and outcome: the same text for every entry of an event type. Known codes only, so it is bounded. */
const built = new Map<string, Uint8Array>();

function builtOnce(fields: Fields, outcome: Outcome): Uint8Array {
  const key = `${fields.operation!.code} ${outcome}`;
  let text = built.get(key);
  if (text === undefined) {
    // A copy of its own: the shared memory that a small buffer is cut from would stay with it.
    text = new Uint8Array(build(fields, outcome));
    built.set(key, text);
  }
  return text;
}

/** Writes the members of `event` that follow from operation and outcome alone. */
export function ecsEvent(out: LineWriter, fields: Fields): void {
  const outcome = outcomeOf(fields.success);
  out.bytes(fields.operation === undefined ? build(fields, outcome) : builtOnce(fields, outcome));
}
