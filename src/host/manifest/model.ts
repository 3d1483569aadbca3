/** Endpoints of models in capabilities files: `{:url "http://127.0.0.1:8080/v1" :model "small" :secret "NAME" :input-price 2 :output-price 8}`. */
import { MapValue } from '../../value/map.ts';
import type { Value } from '../../value/value.ts';
import type { Candidate, DelegationChoice } from '../delegation.ts';
import { isLoopback, parseAddress } from '../security/address.ts';
import { type FieldProblem, Fields, joined } from './fields.ts';

/** A model behind an endpoint that speaks the OpenAI protocol. */
export interface ModelEndpoint {
  /** What plans call it. */
  readonly name: string;
  /** Of the endpoint: `http://127.0.0.1:8080/v1`. */
  readonly url: string;
  /** What the endpoint calls it. */
  readonly model: string;
  /** The name of the secret that opens it; null when it is open. */
  readonly secret: string | null;
  /** For a million tokens, in the operator's unit of money. */
  readonly inputPrice: number;
  readonly outputPrice: number;
  readonly timeoutMs: number;
  /** It runs on this machine: nothing of a call leaves it. */
  readonly isLocal: boolean;
  /** Expected of an answer. */
  readonly latencyMs: number;
  /** From 0 to 1. */
  readonly trust: number;
}

const TIMEOUT_MS = 120_000;
const TIMEOUT_MAX_MS = 600_000;
const PRICE_MAX = 1e9;

export function readModel(name: string, value: Value, path: string, problems: FieldProblem[]): ModelEndpoint {
  const fields = new Fields(value, path, ['url', 'model', 'secret', 'input-price', 'output-price', 'timeout-ms', 'latency-ms', 'trust'], problems);
  const url = fields.required('url').replace(/\/$/, '');
  if (url !== '' && (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol))) fields.say('url', `"${url}" is no http or https URL`);
  return {
    name,
    url,
    model: fields.text('model', name),
    secret: fields.has('secret') ? fields.text('secret', '') : null,
    inputPrice: fields.number('input-price', 0, PRICE_MAX, 0),
    outputPrice: fields.number('output-price', 0, PRICE_MAX, 0),
    timeoutMs: fields.integer('timeout-ms', 1, TIMEOUT_MAX_MS, TIMEOUT_MS),
    isLocal: isOnThisMachine(url),
    latencyMs: fields.number('latency-ms', 0, TIMEOUT_MAX_MS, 0),
    trust: fields.number('trust', 0, 1, 1),
  };
}

function isOnThisMachine(url: string): boolean {
  const host = URL.canParse(url) ? new URL(url).hostname : '';
  const address = parseAddress(host.replace(/^\[|\]$/g, ''));
  return host === 'localhost' || (address !== null && isLoopback(address));
}

/** `{:privacy :local :weights {:cost 2 :trust 1} :threshold 0.5 :prefer "small" :fallback "small"}`. */
export function readChoice(value: Value, path: string, models: readonly ModelEndpoint[], problems: FieldProblem[]): DelegationChoice {
  const fields = new Fields(value, path, ['privacy', 'weights', 'threshold', 'prefer', 'fallback'], problems);
  const weights = new Fields(fields.value('weights') ?? MapValue.empty(), joined(path, 'weights'), ['cost', 'latency', 'privacy', 'trust'], problems);
  const weight = (name: string): number => weights.number(name, 0, WEIGHT_MAX, fields.has('weights') ? 0 : 1);
  const target = (name: string): Candidate['target'] | null => {
    if (!fields.has(name)) return null;
    const text = fields.text(name, '');
    const model = models.find((one) => one.name === text);
    if (model === undefined) fields.say(name, `there is no model "${text}"`, [`there are ${models.map((one) => one.name).join(', ')}`]);
    return model === undefined ? null : { kind: model.isLocal ? 'local-model' : 'remote-model', id: model.name };
  };
  const preferred = target('prefer');
  return {
    privacy: fields.choice('privacy', ['any', 'local'], 'any'),
    weights: { cost: weight('cost'), latency: weight('latency'), privacy: weight('privacy'), trust: weight('trust') },
    threshold: fields.number('threshold', 0, 1, 0),
    rules: preferred === null ? [] : [{ capability: 'model.complete', target: preferred }],
    fallback: target('fallback'),
  };
}

const WEIGHT_MAX = 1e6;
