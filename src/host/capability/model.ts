/**
 * `:model.complete`: a language model behind an endpoint that speaks the OpenAI protocol (chat completions, not streamed). The request is
 * one of `:http.request`, so the endpoint's host needs its grant; what was used is told to the budgets.
 */
import { MapValue } from '../../value/map.ts';
import { Float, isInteger, Keyword, keyword, makeFloat, type Value } from '../../value/value.ts';
import { Vector } from '../../value/vector.ts';
import { suggest } from '../../diagnostic/suggest.ts';
import { argumentFailure, didYouMean, HostFailure, shown } from '../failure.ts';
import { asString, namedArguments, Options } from '../argument.ts';
import { authorized, type ExecutorPorts, type LookedUp, withoutSecrets } from '../executor/ports.ts';
import { readJson } from '../json.ts';
import type { ModelEndpoint } from '../manifest/model.ts';
import type { Result } from '../../diagnostic/diagnostic.ts';
import type { Candidate, DelegationChoice } from '../delegation.ts';
import type { CallContext, Capability, Providers } from '../port.ts';

const ID = 'model.complete';
const OPTIONS = ['prompt', 'messages', 'system', 'model', 'max-tokens', 'temperature', 'stop', 'json'];
const ROLES = ['system', 'user', 'assistant', 'tool'];
const TOKENS_MAX = 10_000_000;
const ERROR_TEXT_MAX = 500;

export type ModelPorts = Pick<ExecutorPorts, 'policy' | 'clock' | 'request' | 'secret'>;

/** `choice` says by what one of several models is chosen for calls that name none; null: such calls have to name one. */
export function modelCapabilities(models: readonly ModelEndpoint[], choice: DelegationChoice | null, ports: ModelPorts): Capability[] {
  return [
    {
      id: ID,
      summary: 'prompt | {:prompt | :messages :system :model :max-tokens :temperature :stop :json} → {:text :model :finish-reason :usage}',
      determinism: 'recorded',
      isMetered: true,
      call: (args, context) => complete(args, context, models, ports),
      ...(choice === null ? {} : { providers: providersOf(models, choice) }),
    },
  ];
}

function providersOf(models: readonly ModelEndpoint[], choice: DelegationChoice): Providers {
  const candidates = models.map(candidateOf);
  return {
    choice,
    candidates: (args) => {
      const named = optionsIn(args);
      return named === null || named.get(keyword('model')) != null ? null : candidates;
    },
    argsFor: (args, id) => [(optionsIn(args) ?? MapValue.empty()).set(keyword('model'), id)],
    person: (args) => {
      const named = optionsIn(args) ?? MapValue.empty();
      const prompt = named.get(keyword('prompt')) ?? named.get(keyword('messages')) ?? null;
      const used = MapValue.of(keyword('input-tokens'), 0, keyword('output-tokens'), 0, keyword('cost'), makeFloat(0));
      const read = (text: string): Result<Value, string> => ({ ok: true, value: MapValue.of(keyword('text'), text, keyword('model'), 'person', keyword('finish-reason'), 'stop', keyword('usage'), used) });
      return { kind: 'person', question: `No model is left to answer: ${typeof prompt === 'string' ? prompt : shown(prompt)}`, read };
    },
  };
}

function candidateOf({ name, isLocal, inputPrice, outputPrice, latencyMs, trust }: ModelEndpoint): Candidate {
  return { target: { kind: isLocal ? 'local-model' : 'remote-model', id: name }, cost: inputPrice + outputPrice, latencyMs, trust };
}

/** Null for arguments that say nothing: the call tells what is wrong with them. */
function optionsIn(args: readonly Value[]): MapValue | null {
  try {
    return namedArguments(ID, args, 'prompt');
  } catch (cause) {
    if (cause instanceof HostFailure) return null;
    throw cause;
  }
}

async function complete(args: readonly Value[], context: CallContext, models: readonly ModelEndpoint[], ports: ModelPorts): Promise<Value> {
  const options = new Options(ID, namedArguments(ID, args, 'prompt'), OPTIONS);
  return withoutSecrets(ports, context, ({ secret }) => ask(options, context, modelOf(options, models), ports, secret));
}

async function ask(options: Options, context: CallContext, model: ModelEndpoint, ports: ModelPorts, secret: LookedUp['secret']): Promise<Value> {
  const request = requestOf(options, model, model.secret === null ? null : await secret(model.secret));
  const grants = authorized(ports, context.name, 'http.request', [request], `the model ${model.name} is asked`);
  const { callId, name, idempotencyKey, signal, exposed, run } = context;
  const answer = await ports.request([request], { callId, name, idempotencyKey, signal, exposed, grants, ...(run === undefined ? {} : { run }) });
  return answerOf(answer, model, context);
}

/** The one that is named, or the only one, or the one that is called "default". */
function modelOf(options: Options, models: readonly ModelEndpoint[]): ModelEndpoint {
  const written = options.value('model') ?? null;
  const name = written instanceof Keyword ? written.name : written === null ? null : asString(`${ID} (:model)`, written);
  const names = models.map((model) => model.name);
  const found = name === null ? (models.length === 1 ? models[0] : models.find((model) => model.name === 'default')) : models.find((model) => model.name === name);
  if (found !== undefined) return found;
  if (models.length === 0) throw new HostFailure('capability', `${ID}: no model is declared (in "models" of the project's capabilities file)`);
  if (name === null) throw argumentFailure(ID, `:model must be said: there are ${names.join(', ')}`);
  const meant = suggest(name, names, 1);
  throw argumentFailure(ID, `there is no model ${shown(name)}${meant.length > 0 ? didYouMean(meant) : `; there are ${names.join(', ')}`}`);
}

function requestOf(options: Options, model: ModelEndpoint, key: string | null): Value {
  const headers = key === null ? MapValue.empty() : MapValue.of('authorization', `Bearer ${key}`);
  const body = record({
    'model': model.model,
    'messages': messagesOf(options),
    'max_tokens': options.value('max-tokens') === undefined ? null : options.integer('max-tokens', 1, TOKENS_MAX, 1),
    'temperature': temperatureOf(options),
    'stop': options.value('stop') ?? null,
    'response_format': options.flag('json') ? MapValue.of('type', 'json_object') : null,
  });
  return MapValue.of(
    keyword('url'), `${model.url}/chat/completions`, keyword('method'), 'POST', keyword('headers'), headers, keyword('json'), body,
    keyword('as'), keyword('text'), keyword('timeout-ms'), model.timeoutMs, keyword('follow-redirects'), false,
  );
}

function messagesOf(options: Options): Value {
  const [prompt, messages, system] = [options.string('prompt'), options.value('messages'), options.string('system')];
  if ((prompt === undefined) === (messages === undefined)) throw argumentFailure(ID, 'give either :prompt or :messages');
  const first = system === undefined ? [] : [record({ role: 'system', content: system })];
  if (prompt !== undefined) return Vector.adopt([...first, record({ role: 'user', content: prompt })]);
  if (!(messages instanceof Vector) || messages.size === 0) throw argumentFailure(ID, ':messages must be a vector of maps with :role and :content');
  return Vector.adopt([...first, ...messages.toArray().map(message)]);
}

function message(written: Value): Value {
  const [role, content] = [part(written, 'role'), part(written, 'content')];
  const name = role instanceof Keyword ? role.name : role;
  if (typeof name !== 'string' || !ROLES.includes(name)) throw argumentFailure(ID, `the :role of a message is one of ${ROLES.map((one) => `:${one}`).join(' ')}, not ${shown(role)}`);
  return record({ role: name, content: asString(`${ID} (:content)`, content) });
}

function temperatureOf(options: Options): Value {
  const value = options.value('temperature') ?? null;
  if (value === null) return null;
  const number = value instanceof Float ? value.value : value;
  if (typeof number === 'number' && number >= 0 && number <= 2) return value;
  throw argumentFailure(ID, `:temperature is a number from 0 to 2, not ${shown(value)}`);
}

function answerOf(answer: Value, model: ModelEndpoint, context: CallContext): Value {
  const [status, body] = [part(answer, 'status'), part(answer, 'body')];
  const text = typeof body === 'string' ? body : '';
  if (status !== 200) {
    throw new HostFailure('host', `${ID}: the endpoint of ${model.name} answered ${shown(status)}`, MapValue.of(keyword('status'), status, keyword('body'), text.slice(0, ERROR_TEXT_MAX)));
  }
  const data = readJson(text);
  const choice = data.ok ? element(part(data.value, 'choices'), 0) : null;
  const content = part(part(choice, 'message'), 'content');
  if (!data.ok || typeof content !== 'string') throw new HostFailure('host', `${ID}: the endpoint of ${model.name} did not answer as the protocol says${data.ok ? '' : `: ${data.error}`}`);
  const usage = part(data.value, 'usage');
  const [input, output] = [count(part(usage, 'prompt_tokens')), count(part(usage, 'completion_tokens'))];
  const cost = (input * model.inputPrice + output * model.outputPrice) / 1_000_000;
  context.used?.({ cost, tokens: input + output });
  const used = MapValue.of(keyword('input-tokens'), input, keyword('output-tokens'), output, keyword('cost'), makeFloat(cost));
  return MapValue.of(keyword('text'), content, keyword('model'), model.name, keyword('finish-reason'), part(choice, 'finish_reason'), keyword('usage'), used);
}

function record(entries: Readonly<Record<string, Value>>): Value {
  return MapValue.from(Object.entries(entries).filter(([, value]) => value !== null));
}

function part(value: Value, name: string): Value {
  return value instanceof MapValue ? (value.get(keyword(name)) ?? null) : null;
}

function element(value: Value, index: number): Value {
  return value instanceof Vector ? (value.get(index) ?? null) : null;
}

function count(value: Value): number {
  return isInteger(value) && value >= 0 && value <= Number.MAX_SAFE_INTEGER ? Number(value) : 0;
}
