/** Endpoints of models in capabilities files: `{:url "http://127.0.0.1:8080/v1" :model "small" :secret "NAME" :input-price 2 :output-price 8}`. */
import type { Value } from '../../value/value.ts';
import { type FieldProblem, Fields } from './fields.ts';

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
}

const TIMEOUT_MS = 120_000;
const TIMEOUT_MAX_MS = 600_000;
const PRICE_MAX = 1e9;

export function readModel(name: string, value: Value, path: string, problems: FieldProblem[]): ModelEndpoint {
  const fields = new Fields(value, path, ['url', 'model', 'secret', 'input-price', 'output-price', 'timeout-ms'], problems);
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
  };
}
