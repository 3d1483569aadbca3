import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { RPC_CODES } from '../../../../src/host/protocol/rpc.ts';
import { ask, checkDescribed, exchange, type Json, newKeys, newProtocol } from './support.ts';

const source = (text: string, file = 'plan.rtfs'): Json => ({ file, text });
const started = (text: string, more: Readonly<Record<string, Json>> = {}, protocol = newProtocol()): Record<string, never> => ask(protocol, 'start', { source: source(text), ...more });
const stateOf = (turn: Record<string, never>): string => String(turn['state']);
const errorOf = (method: string, params: Json, protocol = newProtocol()): ReturnType<typeof exchange>['error'] => exchange(protocol, { jsonrpc: '2.0', id: 1, method, params }).error;

/** Answers calls by their capability until the run ends; each request may go to another server. */
function drive(first: Record<string, never>, answers: Readonly<Record<string, (args: Json[]) => Json>>, servers: readonly ReturnType<typeof newProtocol>[]): { readonly outcome: Json; readonly calls: string[] } {
  let turn = first as unknown as { readonly outcome: { readonly kind: string; readonly calls: { readonly id: string; readonly capability: string; readonly args: Json[] }[] }; readonly state: string | null };
  const calls: string[] = [];
  for (let step = 0; turn.state !== null; step++) {
    const given = turn.outcome.calls.map(({ id, capability, args }) => {
      calls.push(capability);
      return { id, value: answers[capability]!(args) };
    });
    turn = ask(servers[step % servers.length]!, 'resume', { state: turn.state, answers: given }) as unknown as typeof turn;
  }
  return { outcome: turn.outcome as unknown as Json, calls };
}

describe('a run', () => {
  test('goes from server to server', () => {
    const keys = newKeys();
    const servers = [0, 1, 2].map(() => newProtocol({ keys }));
    const text = '(defn price [x] (call :shop.price x)) (reduce + (map price (range n)))';
    const first = ask(servers[0]!, 'start', { source: source(text), variables: { n: 5 } });
    expect(drive(first, { 'shop.price': ([n]) => (n as number) * 10 }, servers)).toEqual({ outcome: { kind: 'complete', value: 100 }, calls: Array(5).fill('shop.price') });
  });

  test('counts its limits over all of them', () => {
    const keys = newKeys();
    const servers = [newProtocol({ keys }), newProtocol({ keys })];
    const first = ask(servers[0]!, 'start', { source: source('(loop [n 0] (recur (do (call :next) (inc n))))'), limits: { calls: 10 } });
    const { outcome, calls } = drive(first, { next: () => null }, servers);
    expect(calls).toHaveLength(10);
    expect(outcome).toMatchObject({ kind: 'failed', error: { kind: 'budget', data: { $keyword: 'limit/calls' } } });
  });

  test('that only computes comes back after its quantum, and goes on without an answer', () => {
    const protocol = newProtocol({ quantum: 1_000 });
    let turn = ask(protocol, 'start', { source: source('(loop [i 0] (if (< i 5000) (recur (inc i)) i))') }) as unknown as { readonly outcome: { readonly kind: string }; readonly state: string };
    let requests = 1;
    for (; turn.outcome.kind === 'preempted'; requests++) turn = ask(protocol, 'resume', { state: turn.state }) as unknown as typeof turn;
    expect(turn.outcome).toEqual({ kind: 'complete', value: 5000 });
    expect(requests).toBeGreaterThan(4);
  });

  test('may be resumed twice from one state', () => {
    const protocol = newProtocol();
    const state = stateOf(started('(* 2 (call :n))', {}, protocol));
    for (const n of [1, 2]) expect(ask(protocol, 'resume', { state, answers: [{ id: '1', value: n }] })['outcome']).toEqual({ kind: 'complete', value: n * 2 });
  });

  test('is undone when it is cancelled', () => {
    const protocol = newProtocol();
    const first = started('(step "book" :compensate (call :cancel %result) (call :book)) (call :pay)', {}, protocol);
    const booked = ask(protocol, 'resume', { state: first['state']!, answers: [{ id: '2', value: 'b-1' }] });
    const undoing = ask(protocol, 'cancel', { state: booked['state']!, reason: 'the trip is off' });
    expect(undoing['outcome']).toMatchObject({ kind: 'requires-host', calls: [{ capability: 'cancel', args: ['b-1'] }] });
  });

  test('passes functions to the client and back', () => {
    const protocol = newProtocol();
    const first = started('(let [f (call :pick [(fn [x] (* x 2)) (fn [x] (+ x n))])] (f 20))', { variables: { n: 1 } }, protocol) as unknown as { readonly outcome: { readonly calls: { readonly args: Json[][] }[] }; readonly state: string };
    const given = first.outcome.calls[0]!.args[0]!;
    expect(given[1]).toEqual({ $function: expect.stringMatching(/^[0-9a-f]+$/) as string });
    const values = given.map((value) => ask(protocol, 'resume', { state: first.state, answers: [{ id: '1', value }] })['outcome']);
    expect(values).toEqual([{ kind: 'complete', value: 40 }, { kind: 'complete', value: 21 }]);
    const other = started('(call :other)', {}, protocol);
    expect(errorOf('resume', { state: other['state']!, answers: [{ id: '1', value: given[0]! }] }, protocol)).toMatchObject({ code: RPC_CODES.params, message: 'Invalid params: answers[0].value is no value: the code of this function is not that of the run' });
  });

  test('calls functions of a call back, each time in a run of its own, on any server', () => {
    const keys = newKeys();
    const servers = [newProtocol({ keys }), newProtocol({ keys })];
    const text = '(def base (call :base)) (step "s" (call :each [(fn [x] (+ base n (* x (call :price x)))) inc :name]))';
    const first = started(text, { variables: { n: 1 }, run: 'r' }, servers[0]);
    const { state, outcome } = ask(servers[1]!, 'resume', { state: first['state']!, answers: [{ id: '1', value: 100 }] }) as unknown as { readonly state: string; readonly outcome: { readonly calls: { readonly id: string; readonly args: Json[][] }[] } };
    const call = outcome.calls[0]!;
    const [closure, builtin, key] = call.args[0]!;
    const callback = (fn: Json, args: Json[], number = 1): ReturnType<typeof drive> & { readonly keys: unknown } => {
      const turn = ask(servers[0]!, 'callback', { state, call: call.id, function: fn, args, number });
      const begun = turn as unknown as { readonly outcome: { readonly calls?: { readonly idempotencyKey: string }[] } };
      return { ...drive(turn, { price: ([x]) => (x as number) * 10 }, servers), keys: begun.outcome.calls?.map(({ idempotencyKey }) => idempotencyKey) };
    };
    expect(callback(closure!, [2], 1)).toEqual({ outcome: { kind: 'complete', value: 141 }, calls: ['price'], keys: [`r~${call.id}~1/1`] });
    expect(callback(closure!, [3], 2)).toEqual({ outcome: { kind: 'complete', value: 191 }, calls: ['price'], keys: [`r~${call.id}~2/1`] });
    expect(callback(builtin!, [1]).outcome).toEqual({ kind: 'complete', value: 2 });
    expect(callback(key!, [{ ':name': 'x' }]).outcome).toEqual({ kind: 'complete', value: 'x' });
    expect(callback(closure!, []).outcome).toMatchObject({ kind: 'failed', error: { kind: 'arity' } });
    expect(callback(7, [1]).outcome).toMatchObject({ kind: 'failed', error: { kind: 'not-callable' } });
    expect(ask(servers[1]!, 'resume', { state, answers: [{ id: call.id, value: [141, 191] }] })['outcome']).toEqual({ kind: 'complete', value: [141, 191] });
    expect(errorOf('callback', { state, call: '9', function: builtin! }, servers[0])).toMatchObject({ code: RPC_CODES.params, message: `Invalid params: call must be one of the calls that wait: ${call.id}` });
    expect(errorOf('callback', { state, call: call.id, function: builtin!, args: 1 }, servers[0])).toMatchObject({ message: 'Invalid params: args must be an array' });
    const other = started('(call :other (fn [] 1))', {}, servers[0]) as unknown as { readonly state: string };
    expect(errorOf('callback', { state: other.state, call: '1', function: closure! }, servers[0])).toMatchObject({ message: 'Invalid params: function is no value: the code of this function is not that of the run' });
  });

  test('shows what its steps show', () => {
    const { outcome } = started('(step "ask" :expose-context true :context-keys [:city] (context/set :city "Rome") (context/set :pin 1234) (call :guide))');
    expect(outcome).toMatchObject({ calls: [{ step: 'root/ask', context: { ':city': 'Rome' } }] });
  });

  test('tells its place in the text when it fails, also on another server', () => {
    const keys = newKeys();
    const first = started('(call :go)\n(/ 1 0)', {}, newProtocol({ keys }));
    const { outcome } = ask(newProtocol({ keys }), 'resume', { state: first['state']!, answers: [{ id: '1', value: null }] });
    expect(outcome).toMatchObject({ kind: 'failed', error: { kind: 'arithmetic', diagnostic: { span: { file: 'plan.rtfs', start: { line: 2, column: 1 } } } } });
  });

  test('finds its modules', () => {
    expect(ask(newProtocol(), 'start', { source: source('(import shop.prices :as p) (p/twice 4)'), modules: { 'shop.prices': '(defn twice [x] (* 2 x))' } })['outcome']).toEqual({ kind: 'complete', value: 8 });
  });
});

describe('states and code', () => {
  const keys = newKeys();
  const { state } = started('(* 2 (call :n))', { limits: { calls: 1 } }, newProtocol({ keys })) as unknown as { readonly state: string };
  const answers = [{ id: '1', value: 1 }];

  test('of a server with other keys are refused', () => {
    expect(errorOf('resume', { state, answers }, newProtocol())).toMatchObject({ code: RPC_CODES.state, data: { reason: 'key' } });
  });

  test('are refused when a single character of them is another one', () => {
    const protocol = newProtocol({ keys });
    for (let at = 0; at < state.length; at += 7) {
      const changed = `${state.slice(0, at)}${state[at] === 'A' ? 'B' : 'A'}${state.slice(at + 1)}`;
      expect(errorOf('resume', { state: changed, answers }, protocol)?.code).toBe(RPC_CODES.state);
    }
  });

  test('of another version, or for something else, are refused', () => {
    const protocol = newProtocol({ keys });
    const { code } = ask(protocol, 'compile', { source: source('(call :n)') });
    expect(errorOf('resume', { state: code!, answers }, protocol)).toMatchObject({ data: { reason: 'damaged' }, message: 'this is no state that a server gave out' });
    expect(errorOf('start', { code: state }, protocol)).toMatchObject({ data: { reason: 'damaged' } });
    expect(errorOf('resume', { state: state.replace('rtfs1', 'rtfs2'), answers }, protocol)).toMatchObject({ data: { reason: 'version' } });
  });

  test('work when the server holds more programs ready than it may', () => {
    const protocol = newProtocol({ keys });
    for (let i = 0; i < 250; i++) ask(protocol, 'compile', { source: source(`(call :n ${i})`) });
    expect(ask(protocol, 'resume', { state, answers })['outcome']).toEqual({ kind: 'complete', value: 2 });
  });
});

describe('what is wrong is said', () => {
  test.each<[string, Json, number, string]>([
    ['start', {}, RPC_CODES.params, 'code or source must be given'],
    ['start', { source: { text: 1 } }, RPC_CODES.params, 'source.text must be a string'],
    ['start', { source: { txt: '' } }, RPC_CODES.params, 'there is no source.txt; did you mean text?'],
    ['start', { sorce: { text: '1' } }, RPC_CODES.params, 'there is no sorce; did you mean source?'],
    ['start', { source: { text: 'x' }, variables: { x: { $foo: 1 } } }, RPC_CODES.params, 'variables.x is no value: there is no tag $foo'],
    ['start', { source: { text: '1' }, limits: { fuel: 1e15 } }, RPC_CODES.params, 'limits.fuel must be a whole number from 0 to'],
    ['start', { source: { text: '1' }, limits: { fule: 1 } }, RPC_CODES.params, 'there is no limits.fule; did you mean fuel?'],
    ['start', { source: { text: '1' }, quantum: 0 }, RPC_CODES.params, 'quantum must be'],
    ['start', { source: { text: '1' }, context: { plain: 1 } }, RPC_CODES.params, 'context must be an object whose keys are keywords'],
    ['start', { source: { text: '1' }, events: 'all' }, RPC_CODES.params, 'events must be one of none, result, notify'],
    ['start', { source: { text: '1' }, run: '' }, RPC_CODES.params, 'run must have 1 to 200 characters'],
    ['start', { source: { text: '1' }, modules: { m: 1 } }, RPC_CODES.params, 'modules.m must be the text'],
    ['start', { source: { text: '(' } }, RPC_CODES.program, 'the program has errors'],
    ['initialize', { protocolVersion: 2 }, RPC_CODES.params, 'this server speaks 1'],
    ['resum', {}, RPC_CODES.method, 'there is no method resum; did you mean resume?'],
    ['values/encode', { values: [{ text: '(' }] }, RPC_CODES.params, 'the text is no value'],
    ['values/decode', { values: ['zz'] }, RPC_CODES.params, 'values[0] must be hexadecimal digits'],
    ['values/decode', { values: ['d752'] }, RPC_CODES.params, 'values[0] is no value'],
  ])('%s %j', (method, params, code, message) => {
    expect(errorOf(method, params)).toMatchObject({ code, message: expect.stringContaining(message) as string });
  });

  test.each<[Json, string]>([
    [[{ id: '1', value: 1 }, { id: '1', value: 2 }], 'there are two answers to call 1'],
    [[{ id: '7', value: 1 }], 'the run never made a call 7'],
    [[], 'the run waits for an answer to 1'],
  ])('answers %j', (answers, message) => {
    const protocol = newProtocol();
    const state = stateOf(started('(call :n)', {}, protocol));
    expect(errorOf('resume', { state, answers }, protocol)).toMatchObject({ code: RPC_CODES.answers, message: expect.stringContaining(message) as string, data: { waiting: ['1'] } });
  });

  test('answers that say two things', () => {
    const protocol = newProtocol();
    const state = stateOf(started('(call :n)', {}, protocol));
    expect(errorOf('resume', { state, answers: [{ id: '1', value: 1, error: { message: 'm' } }] }, protocol)?.message).toBe('Invalid params: answers[0].error and value exclude each other');
  });

  test.each([
    ['', RPC_CODES.parse], ['{', RPC_CODES.parse], ['[]', RPC_CODES.request], ['1', RPC_CODES.request], ['{}', RPC_CODES.request], ['{"jsonrpc":"2.0","id":1}', RPC_CODES.request],
    ['{"jsonrpc":"1.0","id":1,"method":"check"}', RPC_CODES.request], ['{"jsonrpc":"2.0","id":{},"method":"check"}', RPC_CODES.request],
    ['{"jsonrpc":"2.0","id":1,"method":"check","params":[1]}', RPC_CODES.params], ['{"jsonrpc":"2.0","id":1,"method":"check","more":1}', RPC_CODES.request],
  ])('the message %s', (text, code) => {
    const { response } = newProtocol().handle(text);
    checkDescribed(JSON.parse(response!) as Json);
    expect(JSON.parse(response!)).toMatchObject({ error: { code } });
  });

  test('a message and an answer that are too long', () => {
    const protocol = newProtocol({ messageMax: 2_000 });
    expect(JSON.parse(protocol.handle(' '.repeat(2_001)).response!)).toMatchObject({ id: null, error: { code: RPC_CODES.size } });
    expect(errorOf('start', { source: { text: '(apply str (repeat 3000 "x"))' } }, protocol)).toMatchObject({ code: RPC_CODES.size });
    expect(errorOf('start', { source: { text: '(reduce (fn [a _] [a a]) 1 (range 60))' } }, protocol)).toMatchObject({ code: RPC_CODES.size });
  });
});

describe('messages', () => {
  const request = (id: Json, method = 'values/encode'): Json => ({ jsonrpc: '2.0', id, method, params: { values: [] } });
  const answer = (id: Json): Json => ({ jsonrpc: '2.0', id, result: { values: [] } });
  const handled = (message: Json): Json => JSON.parse(newProtocol().handle(JSON.stringify(message)).response ?? 'null') as Json;

  test('come back with the id that they had', () => {
    for (const id of ['a"b', 7, 1.5, null]) expect(handled(request(id))).toEqual(answer(id));
  });

  test('without an id get no answer', () => {
    expect(newProtocol().handle('{"jsonrpc":"2.0","method":"values/encode","params":{"values":[]}}')).toEqual({ notifications: [], response: null });
    expect(newProtocol().handle('{"jsonrpc":"2.0","method":"nothing"}')).toEqual({ notifications: [], response: null });
  });

  test('come in batches', () => {
    expect(handled([request(1), 5, { jsonrpc: '2.0', method: 'values/encode', params: { values: [] } }, request('b')])).toEqual([answer(1), { jsonrpc: '2.0', id: null, error: { code: RPC_CODES.request, message: 'a request must be an object' } }, answer('b')]);
    expect(handled([{ jsonrpc: '2.0', method: 'initialize' }])).toBe(null);
  });
});

describe('whatever comes', () => {
  const protocol = newProtocol();
  const state = String(started('(call :n)', {}, protocol)['state']);
  const json = fc.jsonValue({ maxDepth: 4 }).map((value) => value as Json);
  const method = fc.constantFrom('initialize', 'compile', 'check', 'expand', 'start', 'resume', 'cancel', 'inspect', 'values/encode', 'values/decode', 'x');
  const name = fc.constantFrom('source', 'state', 'answers', 'values', 'variables', 'context', 'limits', 'modules', 'quantum', 'events', 'run', 'code', 'reason', 'text', 'id', 'value', 'error');
  const params = fc.dictionary(name, fc.oneof(json, fc.constant(state), fc.constant({ text: '(call :n)' }), fc.array(fc.dictionary(name, json), { maxLength: 3 })), { maxKeys: 5 });

  /** An answer that the schema describes, in words of ours. */
  const isProper = (text: string): void => {
    const { response } = protocol.handle(text);
    if (response === null) return;
    checkDescribed(JSON.parse(response) as Json);
    expect(response).not.toMatch(/internal error|TypeError|undefined is not|Cannot read propert|at .*\.ts:/);
  };

  test('of requests, there is a proper answer', () => {
    fc.assert(fc.property(method, params, (one, given) => isProper(JSON.stringify({ jsonrpc: '2.0', id: 1, method: one, params: given }))), { numRuns: 500 });
  });

  test('of text, there is a proper answer', () => {
    const good = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'resume', params: { state, answers: [{ id: '1', value: { $list: [1, { ':a': null }] } }] } });
    const changed = fc.tuple(fc.nat(good.length), fc.nat(8), fc.string({ maxLength: 4 })).map(([at, cut, put]) => good.slice(0, at) + put + good.slice(at + cut));
    fc.assert(fc.property(fc.oneof(changed, fc.string()), isProper), { numRuns: 500 });
  });

  test('however deep it is, there is a proper answer', () => {
    const deep = '['.repeat(200_000) + ']'.repeat(200_000);
    const { response } = protocol.handle(`{"jsonrpc":"2.0","id":1,"method":"start","params":{"source":{"text":"(count x)"},"variables":{"x":${deep}}}}`);
    expect(JSON.parse(response!)).toMatchObject({ result: { outcome: { kind: 'complete', value: 1 } } });
  });
});
