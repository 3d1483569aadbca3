/** Calls as HTTP requests. The request itself is one of `:http.request`, so that it goes through the same checks of hosts and addresses. */
import { MapValue } from '../../value/map.ts';
import { isInteger, keyword, type Value } from '../../value/value.ts';
import { Vector } from '../../value/vector.ts';
import { HostFailure } from '../failure.ts';
import { readJson } from '../json.ts';
import type { Execution } from './dispatch.ts';
import type { HttpExecutor } from './executor.ts';
import { authorized, withoutSecrets } from './ports.ts';
import { fill, fillAll, type Filling, part } from './template.ts';

const ERROR_TEXT_MAX = 500;

export function executeHttp(executor: HttpExecutor, execution: Execution): Promise<Value> {
  return withoutSecrets(execution.ports, execution.context, ({ secret }) => request(executor, execution, secret));
}

async function request(executor: HttpExecutor, { input, context, ports, timeoutMs }: Execution, secret: Filling['secret']): Promise<Value> {
  const operation = context.name;
  const filling: Filling = { operation, input, secret, escape: encodeURIComponent };
  const headers = (await fillAll(executor.headers, { ...filling, escape: (field) => field })).map(([name, text]) => [name.toLowerCase(), text] as const);
  const asked = MapValue.from(
    [
      ['url', await fill(executor.url, filling)],
      ['method', executor.method],
      ['headers', MapValue.from([['accept', executor.as === 'json' ? 'application/json' : '*/*'], ...headers])],
      ['as', keyword('text')],
      ['timeout-ms', timeoutMs],
      ['json', bodyOf(executor, input)],
    ].flatMap(([name, value]) => (value === null ? [] : [[keyword(name as string), value as Value] as const])),
  );
  const grants = authorized(ports, operation, 'http.request', [asked], 'it asks a host');
  return answerOf(executor, operation, await ports.request([asked], { ...context, grants }));
}

function bodyOf({ body }: HttpExecutor, input: Value): Value {
  if (body === 'none') return null;
  return body === 'json' ? input : MapValue.from(body.map((name) => [keyword(name), part(input, name)] as const));
}

function answerOf(executor: HttpExecutor, operation: string, answer: Value): Value {
  const status = part(answer, 'status');
  const body = part(answer, 'body');
  const text = typeof body === 'string' ? body : '';
  if (!isInteger(status) || status < 200 || status > 299) {
    throw new HostFailure('host', `${operation}: the service answered ${String(status)}`, MapValue.of(keyword('status'), status, keyword('body'), text.slice(0, ERROR_TEXT_MAX)));
  }
  const value = executor.as === 'text' || text === '' ? { ok: true as const, value: text === '' && executor.as === 'json' ? null : text } : readJson(text);
  if (!value.ok) throw new HostFailure('host', `${operation}: the service did not answer with JSON: ${value.error}`);
  return executor.at.reduce<Value>((from, name) => inside(from, name, operation, executor), value.value);
}

function inside(value: Value, name: string | number, operation: string, { at }: HttpExecutor): Value {
  const found = value instanceof MapValue || value instanceof Vector ? part(value, name) : null;
  if (found !== null) return found;
  throw new HostFailure('host', `${operation}: the answer of the service has nothing at ${at.join('.')}`);
}
