import { actionOf } from '../event/catalogue.ts';
import type { Fields } from './fields.ts';
import { arrayMember, member } from './json.ts';

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

function build(fields: Fields, outcome: Outcome): string {
  const { operation, code } = fields;
  return (
    '"kind":"event","module":"clarifai","dataset":"clarifai.audit"' +
    member('action', ecsAction(fields)) +
    member('code', code === undefined ? undefined : String(code)) +
    arrayMember('category', operation?.ecs.category ?? UNKNOWN_CATEGORY) +
    arrayMember('type', operation?.ecs.type ?? UNKNOWN_TYPE) +
    member('outcome', outcome)
  );
}

/** By code and outcome: the same text for every entry of an event type. Known codes only, so it is bounded. */
const built = new Map<string, string>();

/** The members of `event` that follow from operation and outcome alone; the first without a comma in front. */
export function ecsEvent(fields: Fields): string {
  const outcome = outcomeOf(fields.success);
  if (fields.operation === undefined) return build(fields, outcome);
  const key = `${fields.operation.code} ${outcome}`;
  let text = built.get(key);
  if (text === undefined) {
    text = build(fields, outcome);
    built.set(key, text);
  }
  return text;
}
