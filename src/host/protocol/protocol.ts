/**
 * The protocol: a request as text in, the answer as text out. A pure function of the request and of what the server was made with: nothing has to
 * be remembered between two requests, so any server with the same keys may answer the next one. What is held ready all the same (programs, states that
 * were given out) changes no answer. What crosses is said in `docs/protocol.md`.
 *
 * A request runs the machine for at most one quantum; a plan that computes for longer comes back `preempted`, and goes on with the next
 * request. So no request takes long, and which requests those are does not depend on time.
 */
import { suggest } from '../../diagnostic/suggest.ts';
import { eventToJson } from '../../evaluator/event-value.ts';
import { DEFAULT_LIMITS, type Limits } from '../../evaluator/limits.ts';
import type { Event } from '../../evaluator/state.ts';
import { quoteJson } from '../../value/json-write.ts';
import type { Environment } from '../compile.ts';
import type { Keys } from '../journal/signature.ts';
import { limitsText } from './outcome.ts';
import { Params } from './params.ts';
import { checkMethod, compileMethod, expandMethod } from './program-methods.ts';
import { arrayText, errorText, type JsonText, notificationText, objectText, readMessages, resultText, RPC_CODES, RpcError, type RpcRead, type RpcRequest } from './rpc.ts';
import { callbackMethod, cancelMethod, inspectMethod, resumeMethod, startMethod } from './run-methods.ts';
import { Recent, type RecentLimits } from './recent.ts';
import { BOUNDARY_VERSION, type OpenCode, Tokens } from './token.ts';
import { decodeMethod, encodeMethod } from './value-methods.ts';

/** Of what the methods are called, take and give. */
export const PROTOCOL_VERSION = 1;

export interface ProtocolOptions {
  readonly environment: Environment;
  /** Sign states and code; several servers with common keys go on with each other's. */
  readonly keys: Keys;
  /** What the server calls itself. */
  readonly server: { readonly name: string; readonly version: string };
  /** The most that runs are allowed; also what they are allowed when nothing is said. */
  readonly limits?: Partial<Limits>;
  /** The most fuel of one request. */
  readonly quantum?: number;
  /** The longest request and answer, in UTF-16 code units. */
  readonly messageMax?: number;
}

export interface Reply {
  /** What happened on the way, in order: notifications to be sent before the answer. */
  readonly notifications: readonly string[];
  /** Null when none is wanted. */
  readonly response: string | null;
}

export interface Protocol {
  readonly handle: (text: string) => Reply;
  readonly messageMax: number;
}

/** What methods are given besides their parameters. */
export interface Service {
  readonly environment: Environment;
  readonly tokens: Tokens;
  /** Programs by what they were compiled from: only to be quicker. */
  readonly sources: Recent<OpenCode>;
  readonly limits: Limits;
  readonly quantum: number;
  readonly messageMax: number;
}

/** What a method gives: its result, and the events of the run. */
export interface Given {
  readonly result: Readonly<Record<string, JsonText>>;
  readonly events?: readonly Event[];
}

export type Method = (params: Params, service: Service) => Given;

interface MethodEntry {
  readonly params: readonly string[];
  readonly run: Method;
}

const SOURCE = ['source', 'modules', 'variables'];
const TURN = ['quantum', 'events'];

const METHODS: ReadonlyMap<string, MethodEntry> = new Map<string, MethodEntry>([
  ['initialize', { params: ['protocolVersion', 'client'], run: initializeMethod }],
  ['compile', { params: [...SOURCE, 'lint'], run: compileMethod }],
  ['check', { params: SOURCE, run: checkMethod }],
  ['expand', { params: SOURCE, run: expandMethod }],
  ['start', { params: ['code', 'source', 'modules', 'variables', 'context', 'limits', 'run', ...TURN], run: startMethod }],
  ['resume', { params: ['state', 'answers', ...TURN], run: resumeMethod }],
  ['cancel', { params: ['state', 'reason', ...TURN], run: cancelMethod }],
  ['callback', { params: ['state', 'call', 'function', 'args', 'number', ...TURN], run: callbackMethod }],
  ['inspect', { params: ['state'], run: inspectMethod }],
  ['values/encode', { params: ['values'], run: encodeMethod }],
  ['values/decode', { params: ['values'], run: decodeMethod }],
]);

/** Some tens of milliseconds of pure work. */
const QUANTUM = 5_000_000;
const MESSAGE_MAX = 16 * 1024 * 1024;
const SOURCES: RecentLimits = { entries: 200, size: 4 * 1024 * 1024 };

export function createProtocol(options: ProtocolOptions): Protocol {
  const { environment, keys, limits = {}, quantum = QUANTUM, messageMax = MESSAGE_MAX } = options;
  const service: Service = { environment, tokens: new Tokens(environment, keys), sources: new Recent(SOURCES), limits: { ...DEFAULT_LIMITS, ...limits }, quantum, messageMax };
  return { handle: (text) => handle(text, service, options), messageMax };
}

function handle(text: string, service: Service, options: ProtocolOptions): Reply {
  if (text.length > service.messageMax) return only(errorText(null, new RpcError(RPC_CODES.size, `the message is longer than ${service.messageMax} characters, which is the most that this server takes`)));
  const messages = readMessages(text);
  switch (messages.kind) {
    case 'unreadable':
      return only(errorText(null, messages.error));
    case 'one':
      return answer(messages.read, service, options);
    case 'batch': {
      const replies = messages.reads.map((read) => answer(read, service, options));
      const responses = replies.flatMap(({ response }) => (response === null ? [] : [response]));
      return { notifications: replies.flatMap(({ notifications }) => notifications), response: responses.length === 0 ? null : arrayText(responses) };
    }
  }
}

function only(response: string): Reply {
  return { notifications: [], response };
}

function answer(read: RpcRead, service: Service, options: ProtocolOptions): Reply {
  if (!read.ok) return only(errorText(read.id, read.error));
  const { id } = read.request;
  try {
    const { result, notifications } = carryOut(read.request, service, options);
    if (result.length > service.messageMax) throw new RpcError(RPC_CODES.size, `the answer is longer than ${service.messageMax} characters, which is the most that this server gives`);
    return { notifications: id === null ? [] : notifications, response: id === null ? null : resultText(id, result) };
  } catch (cause) {
    // What is no error of the protocol is a defect of ours: its words are for nobody outside.
    const error = cause instanceof RpcError ? cause : new RpcError(RPC_CODES.internal, 'internal error: this is a defect of rtfs, not of the request; please report it');
    return { notifications: [], response: id === null ? null : errorText(id, error) };
  }
}

function carryOut({ id, method, params }: RpcRequest, service: Service, { server }: ProtocolOptions): { readonly result: JsonText; readonly notifications: readonly string[] } {
  const entry = METHODS.get(method);
  if (entry === undefined) {
    const [meant] = suggest(method, [...METHODS.keys()], 1);
    throw new RpcError(RPC_CODES.method, `there is no method ${method.slice(0, 100)}${meant === undefined ? '' : `; did you mean ${meant}?`}`, objectText({ methods: JSON.stringify([...METHODS.keys()]) }));
  }
  const read = new Params(params, entry.params);
  const how = entry.params.includes('events') ? read.oneOf('events', ['none', 'result', 'notify'], 'none') : 'none';
  const { result, events = [] } = entry.run(read, service);
  const lines = how === 'none' ? [] : events.map(eventToJson);
  return {
    result: objectText({ ...result, ...(method === 'initialize' ? { server: JSON.stringify(server) } : {}), ...(how === 'result' ? { events: arrayText(lines) } : {}) }),
    notifications: how === 'notify' ? lines.map((event) => notificationText('event', objectText({ request: id ?? 'null', event }))) : [],
  };
}

function initializeMethod(params: Params, { limits, quantum, messageMax }: Service): Given {
  if (params.has('protocolVersion')) {
    const version = params.count('protocolVersion', 1, Number.MAX_SAFE_INTEGER);
    if (version !== PROTOCOL_VERSION) params.refuse('protocolVersion', `${version} is not spoken here; this server speaks ${PROTOCOL_VERSION}`);
  }
  params.optionalText('client');
  return {
    result: {
      protocolVersion: String(PROTOCOL_VERSION),
      boundaryVersion: String(BOUNDARY_VERSION),
      methods: arrayText([...METHODS.keys()].map(quoteJson)),
      limits: limitsText(limits),
      quantum: String(quantum),
      messageMax: String(messageMax),
    },
  };
}
