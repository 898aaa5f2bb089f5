import { ConnectorError, ExitCode } from '../runtime/errors.ts';
import type { SearchReply, SearchRequest } from './search-client.ts';
import { faultOf, isObject, replyError } from './search-errors.ts';
import { MANAGED_BY, type SearchTemplate, searchTemplates, type TemplateOptions } from './search-template.ts';

/** Sends one request, and reads changed credentials where that helps. */
export type Send = (request: SearchRequest, signal: AbortSignal) => Promise<SearchReply>;

const PATHS: Readonly<Record<SearchTemplate['kind'], string>> = {
  'component template': '/_component_template/',
  'index template': '/_index_template/',
};

/**
 * Puts the templates of a data stream in place, and where the server does not make the stream at the first write, the
 * stream. What is there already, as it should be, is left alone. Throws `sink.foreign_template` (exit 2) when
 * somebody else's template has the name, and what `replyError` makes of a refusal.
 *
 * @param there whether the data stream is there
 * @returns what was done, a line each
 */
export async function setUpStream(
  options: TemplateOptions,
  there: boolean,
  send: Send,
  signal: AbortSignal,
): Promise<string[]> {
  const done: string[] = [];
  let updated = false;
  for (const template of searchTemplates(options)) {
    const state = await stateOf(template, send, signal);
    if (state !== 'unchanged') await put(template, options, send, signal, done);
    done.push(`${state} ${template.kind} ${template.name}`);
    updated ||= state === 'updated';
  }
  if (options.flavour === 'opensearch') done.push(await makeStream(options.stream, there, send, signal));
  else if (!there) done.push(`data stream ${options.stream} will be made by the first write`);
  if (there && updated) {
    done.push(
      `data stream ${options.stream} is there: new fields are mapped from its next rollover on (POST /${options.stream}/_rollover)`,
    );
  }
  return done;
}

async function stateOf(
  { kind, name, body }: SearchTemplate,
  send: Send,
  signal: AbortSignal,
): Promise<'created' | 'updated' | 'unchanged'> {
  const reply = await send({ method: 'GET', path: PATHS[kind] + name }, signal);
  if (reply.status === 404) return 'created';
  if (reply.status !== 200) throw replyError(reply, `Looking at the ${kind} ${name}`);
  const meta = metaOf(reply.body);
  if (meta?.managed_by !== MANAGED_BY) {
    throw new ConnectorError(
      `The ${kind} ${name} is there and was not made by ${MANAGED_BY}. It is left alone: rename or delete it, and run setup again.`,
      { code: 'sink.foreign_template', exitCode: ExitCode.config },
    );
  }
  const { hash } = body._meta as { hash: string };
  return meta.hash === hash ? 'unchanged' : 'updated';
}

/** `_meta` of the one template that an answer holds. */
function metaOf(body: unknown): Readonly<Record<string, unknown>> | undefined {
  if (!isObject(body)) return undefined;
  const [list] = Object.values(body);
  const first: unknown = Array.isArray(list) ? list[0] : undefined;
  if (!isObject(first)) return undefined;
  const template = first.component_template ?? first.index_template;
  return isObject(template) && isObject(template._meta) ? template._meta : undefined;
}

async function put(
  template: SearchTemplate,
  { ilmPolicy }: TemplateOptions,
  send: Send,
  signal: AbortSignal,
  done: string[],
): Promise<void> {
  const { kind, name, body } = template;
  const path = PATHS[kind] + name;
  const reply = await send({ method: 'PUT', path, json: body }, signal);
  if (reply.status >= 200 && reply.status <= 299) return;
  const { reason } = faultOf(reply.body);
  if (ilmPolicy !== undefined && reply.status === 400 && reason.includes('index.lifecycle.name')) {
    const { settings: _settings, ...rest } = body.template as Record<string, unknown>;
    const without = await send({ method: 'PUT', path, json: { ...body, template: rest } }, signal);
    if (without.status < 200 || without.status > 299)
      throw replyError(without, `Putting the ${kind} ${name}`);
    done.push(`this server has no index lifecycle management: ilm_policy ${ilmPolicy} is left out`);
    return;
  }
  throw replyError(reply, `Putting the ${kind} ${name}`);
}

async function makeStream(stream: string, there: boolean, send: Send, signal: AbortSignal): Promise<string> {
  if (there) return `unchanged data stream ${stream}`;
  const reply = await send({ method: 'PUT', path: `/_data_stream/${stream}` }, signal);
  if (reply.status !== 200) throw replyError(reply, `Making the data stream ${stream}`);
  return `created data stream ${stream}`;
}
