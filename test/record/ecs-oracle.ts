import { isIP } from 'node:net';
import { EcsFlat } from '@elastic/ecs';

interface EcsField {
  readonly type: string;
  readonly normalize: readonly string[];
  readonly allowed_values?: readonly {
    readonly name: string;
    readonly expected_event_types?: readonly string[];
  }[];
}

const FIELDS = EcsFlat as unknown as Readonly<Record<string, EcsField>>;

/** Every place under `clarifai.audit` that a record may use, with the type of its values. */
const VENDOR: Readonly<Record<string, 'text' | 'texts'>> = {
  source: 'text',
  operation: 'text',
  timestamp: 'text',
  timestamp_original: 'text',
  req_id: 'text',
  description: 'text',
  details: 'texts',
  original_base64: 'text',
  'actor.company_name': 'text',
  'actor.job_title': 'text',
  'actor.job_role': 'text',
};

const VENDOR_KINDS =
  /^(app|module|module_version|workflow|workflow_version|model|model_version|compute_cluster|nodepool|deployment)\.id$/;
const VENDOR_TARGET =
  /^targets\.(other\.kind|\w+\.(id|name|user_id|app_id|module_id|workflow_id|model_id|compute_cluster_id|scopes|full_name|email|company_name|job_title|job_role))$/;
const RFC3339 = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?Z$/;

function* leaves(value: unknown, path: string): Generator<[string, unknown]> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    yield [path, value];
    return;
  }
  for (const [key, each] of Object.entries(value)) yield* leaves(each, path === '' ? key : `${path}.${key}`);
}

function isText(value: unknown): boolean {
  return typeof value === 'string' && value !== '' && value.isWellFormed();
}

function isTexts(value: unknown): boolean {
  return Array.isArray(value) && value.length > 0 && value.every(isText);
}

function vendorFault(path: string, value: unknown): string | undefined {
  if (path === 'targets') {
    if (!Array.isArray(value) || value.length === 0) return 'targets is no array of targets';
    for (const target of value) {
      for (const [leaf, each] of leaves(target, path)) {
        if (!VENDOR_TARGET.test(leaf)) return `clarifai.audit.${leaf} is not on the list`;
        if (leaf.endsWith('.scopes') ? !isTexts(each) : !isText(each))
          return `clarifai.audit.${leaf} has the wrong type`;
      }
    }
    return undefined;
  }
  const type = VENDOR_KINDS.test(path) ? 'texts' : VENDOR[path];
  if (type === undefined) return `clarifai.audit.${path} is not on the list`;
  const right = type === 'text' ? isText(value) : isTexts(value);
  return right ? undefined : `clarifai.audit.${path} has the wrong type`;
}

function valueFault(path: string, field: EcsField, value: unknown): string | undefined {
  if (!isText(value)) return `${path} is no text: ${JSON.stringify(value)}`;
  const text = value as string;
  if (field.type === 'date' && !RFC3339.test(text)) return `${path} is no date: ${text}`;
  if (field.type === 'ip' && (isIP(text) === 0 || text.includes('%')))
    return `${path} is no address: ${text}`;
  const allowed = field.allowed_values;
  if (allowed !== undefined && !allowed.some(({ name }) => name === text))
    return `${path} must not be ${text}`;
  return undefined;
}

function fieldFault(path: string, value: unknown): string | undefined {
  if (path.startsWith('clarifai.audit.')) return vendorFault(path.slice('clarifai.audit.'.length), value);
  const field = FIELDS[path];
  if (field === undefined) return `${path} is no field of ECS`;
  if (!['keyword', 'constant_keyword', 'match_only_text', 'wildcard', 'date', 'ip'].includes(field.type)) {
    return `${path} has a type this oracle does not know: ${field.type}`;
  }
  const isList = field.normalize.includes('array');
  if (isList !== Array.isArray(value)) return `${path} must ${isList ? '' : 'not '}be an array`;
  const values = isList ? (value as unknown[]) : [value];
  if (values.length === 0) return `${path} is empty`;
  for (const each of values) {
    const fault = valueFault(path, field, each);
    if (fault !== undefined) return fault;
  }
  return undefined;
}

/** What is wrong with a document by ECS 9.4.0 and the list of vendor fields; empty when nothing is. */
export function ecsFaults(document: unknown): string[] {
  const faults: string[] = [];
  for (const [path, value] of leaves(document, '')) {
    const fault = fieldFault(path, value);
    if (fault !== undefined) faults.push(fault);
  }
  const event = (document as { event: { category?: string[]; type?: string[] } }).event;
  const expected = (FIELDS['event.category']?.allowed_values ?? [])
    .filter(({ name }) => event.category?.includes(name))
    .flatMap(({ expected_event_types }) => expected_event_types ?? []);
  for (const type of event.type ?? []) {
    if (!expected.includes(type)) faults.push(`event.type ${type} does not go with ${event.category}`);
  }
  return faults;
}
