/** Capabilities that call back with functions of the plan (KH-12), in runs that are not kept. */
import { describe, expect, test } from 'vitest';
import { compile } from '../../../src/host/compile.ts';
import { functionHost } from '../../../src/host/function-host.ts';
import type { CallContext, Capability, Policy, PolicyRequest } from '../../../src/host/port.ts';
import { run, type RunOptions } from '../../../src/host/run.ts';
import type { LoopHost } from '../../../src/host/loop.ts';
import { readConstitution } from '../../../src/host/security/constitution-text.ts';
import { readDocument } from '../../../src/host/security/document.ts';
import { grantPolicy } from '../../../src/host/security/policy.ts';
import { printValue } from '../../../src/value/print.ts';
import type { Value } from '../../../src/value/value.ts';
import { Vector } from '../../../src/value/vector.ts';
import { testEnvironment } from '../../support/environment.ts';
import { ALLOW_ALL, capability, hostOf, ManualClock, settled } from './support.ts';

const environment = testEnvironment();

async function result(text: string, host: LoopHost, options: RunOptions = {}): Promise<string> {
  const { program, diagnostics } = compile(environment, { file: 'x.rtfs', text });
  if (program === null) throw new Error(diagnostics[0]!.message);
  const ended = await run(program, host, options);
  return ended.kind === 'complete' ? (printValue(ended.value) ?? '') : ended.kind === 'failed' ? `${ended.error.type.name}: ${ended.error.message}` : ended.kind;
}

/** `(call :each f items)`: calls back for each item, one after the other, and gives what came of it. */
const each = capability('each', async ([fn, items], { callBack }) => {
  const given: Value[] = [];
  for (const item of items as Vector) given.push(await callBack!(fn!, [item]));
  return Vector.adopt(given);
});

/** Everything that happens, in order. */
function logging(log: string[]): Capability {
  return capability('log', ([text]) => {
    log.push(String(text));
    return null;
  });
}

describe('a capability calls back', () => {
  test('a function with what it has captured, while the run that called waits', async () => {
    expect(await result('(let [n 10] (call :each (fn [x] (+ n x)) [1 2 3]))', hostOf([each]))).toBe('[11 12 13]');
  });

  test('a function that calls capabilities itself: one callback after the other, whatever others do', async () => {
    const log: string[] = [];
    // The first of the callbacks waits the longest.
    const slow = capability('slow', async ([n]) => {
      for (let i = 0; i < 4 - Number(n); i++) await settled();
      log.push(`slow ${String(n)}`);
      return n!;
    });
    const eager = capability('eager', async ([fn], { callBack }) => {
      const asked = [1, 2, 3].map((n) => callBack!(fn!, [n]));
      log.push('asked');
      return Vector.adopt(await Promise.all(asked));
    });
    const text = '(call :eager (fn [n] (call :log (str "begin " n)) (* 2 (call :slow n))))';
    expect(await result(text, hostOf([eager, slow, logging(log)]))).toBe('[2 4 6]');
    expect(log).toEqual(['asked', 'begin 1', 'slow 1', 'begin 2', 'slow 2', 'begin 3', 'slow 3']);
  });

  test.each([
    ['named functions, those of the library, and what else can be called', '(do (defn twice [x] (* 2 x)) [(call :each twice [1 2]) (call :each inc [1]) (call :each :a [{:a 7}]) (call :each {1 :one} [1])])', '[[2 4] [2] [7] [:one]]'],
    ['what the plan has defined so far', '(do (def base (first (call :each inc [9]))) (call :each (fn [x] (+ base x)) [1 2]))', '[11 12]'],
    ['steps of its own', '(call :each (fn [x] (step "one" (* x x))) [3])', '[9]'],
    ['callbacks in callbacks', '(call :each (fn [x] (call :each (fn [y] (+ x y)) [1 2])) [10 20])', '[[11 12] [21 22]]'],
    ['a failure is that of the call', '(call :each (fn [x] (throw (ex-info (str "odd: " x) {:x x}))) [1])', 'error/user: odd: 1'],
    ['which the plan can catch', '(try (call :each (fn [x] (throw (ex-info "odd" {:x x}))) [1]) (catch e (:x (:data e))))', '1'],
    ['a wrong number of arguments is one', '(try (call :each (fn [] 1) [1]) (catch :error/arity e :arity))', ':arity'],
    ['what cannot be called is one', '(try (call :each 7 [1]) (catch :error/not-callable e :not-callable))', ':not-callable'],
  ])('%s', async (_, text, expected) => {
    expect(await result(text, hostOf([each]))).toBe(expected);
  });

  test('a capability may go on after a failure of one', async () => {
    const tolerant = capability('tolerant', async ([fn, items], { callBack }) => {
      const kept: Value[] = [];
      for (const item of items as Vector) await callBack!(fn!, [item]).then((value) => kept.push(value), () => kept.push('dropped'));
      return Vector.adopt(kept);
    });
    expect(await result('(call :tolerant (fn [x] (if (= x 2) (throw :bad) (* x x))) [1 2 3])', hostOf([tolerant]))).toBe('[1 "dropped" 9]');
  });

  test('calls have keys of their own, the same each time', async () => {
    const keys: string[] = [];
    const keyed = capability('keyed', (_, { idempotencyKey }) => {
      keys.push(idempotencyKey);
      return null;
    });
    const text = '(do (call :keyed) (call :each (fn [x] (call :keyed) (call :each (fn [y] (call :keyed)) [1])) [1 2]))';
    await result(text, hostOf([each, keyed]));
    const first = keys.splice(0);
    await result(text, hostOf([each, keyed]));
    expect(keys).toEqual(first);
    expect(first).toHaveLength(5);
    expect(new Set(first).size).toBe(5);
  });

  test('eight inside of one another, and no more', async () => {
    const text = (depth: number): string => `(do (defn down [n] (if (= n 0) :bottom (first (call :each down [(- n 1)])))) (down ${depth}))`;
    expect(await result(text(8), hostOf([each]))).toBe(':bottom');
    expect(await result(text(9), hostOf([each]))).toBe('error/capability: each: more than 8 callbacks are inside of one another');
  });
});

describe('the end of a call', () => {
  test('comes after its callbacks', async () => {
    const log: string[] = [];
    const forgetful = capability('forgetful', async ([fn], { callBack }) => {
      void callBack!(fn!, [1]);
      void callBack!(fn!, [2]);
      return 'gone';
    });
    const hasty = capability('hasty', ([fn], { callBack }) => {
      void callBack!(fn!, [3]);
      return 'gone';
    });
    const text = '(do (call :forgetful (fn [n] (call :log n))) (call :log "then") (call :hasty (fn [n] (call :log n))) (call :log "end"))';
    await result(text, hostOf([forgetful, hasty, logging(log)]));
    expect(log).toEqual(['1', '2', 'then', '3', 'end']);
  });

  test('is the end of calling back', async () => {
    let late: CallContext['callBack'];
    let fn: Value = null;
    const keeps = capability('keeps', async ([given], { callBack }) => {
      [late, fn] = [callBack, given!];
      return callBack!(given!, [1]);
    });
    expect(await result('(call :keeps inc)', hostOf([keeps]))).toBe('2');
    await expect(late!(fn, [1])).rejects.toMatchObject({ kind: 'cancelled', message: 'Cancelled: keeps: the call is over, and cannot call back any more' });
  });

  test('by failure cancels its callbacks', async () => {
    const log: string[] = [];
    const failing = capability('failing', async ([fn], { callBack }) => {
      callBack!(fn!, [1]).catch(() => log.push('first gone'));
      callBack!(fn!, [2]).catch(() => log.push('second gone'));
      await settled();
      throw new Error('a bug');
    });
    const never = capability('never', () => new Promise<Value>(() => undefined));
    expect(await result('(call :failing (fn [n] (try (call :never) (finally (call :log (str "undone " n))))))', hostOf([failing, never, logging(log)]))).toBe('error/internal: The capability failing failed');
    expect(log).toEqual(['undone 1', 'first gone', 'second gone']);
  });

  test('because its time is over cancels the callback, which undoes what it began', async () => {
    const log: string[] = [];
    const clock = new ManualClock();
    const never = capability('never', () => new Promise<Value>(() => undefined));
    const running = result('(try ^{:timeout-ms 100} (call :each (fn [n] (try (call :never) (finally (call :log "undone")))) [1 2]) (catch :error/timeout e (call :log "late")))', { ...hostOf([each, never, logging(log)]), clock });
    await settled();
    clock.advance(100);
    await running;
    expect([...log].sort()).toEqual(['late', 'undone']);
  });

  test('because nobody drives the run any more stops the callback where it is', async () => {
    const log: string[] = [];
    const never = capability('never', () => new Promise<Value>(() => undefined));
    const stop = new AbortController();
    const running = result('(call :each (fn [n] (try (call :never) (finally (call :log "undone")))) [1 2])', hostOf([each, never, logging(log)]), { signal: stop.signal });
    await settled();
    stop.abort();
    expect(await running).toBe('cancelled');
    expect(log).toEqual([]);
  });
});

describe('what a callback may do', () => {
  test('is what the policy says, asked as if the call had made its calls', async () => {
    const asked: PolicyRequest[] = [];
    const policy: Policy = {
      decide: (request) => {
        asked.push(request);
        return request.capability === 'secret' ? { allowed: false, kind: 'security', reason: 'no', hint: null } : ALLOW_ALL.decide(request);
      },
    };
    const host = hostOf([each, capability('open', () => 1), capability('secret', () => 1)], policy);
    expect(await result('(step "s" :isolation :sandboxed (call :each (fn [x] (call :open)) [1]))', host)).toBe('[1]');
    const [outer, inner] = asked.filter(({ capability: id }) => id === 'each' || id === 'open');
    expect(outer!.isolation).toBe('sandboxed');
    expect(inner).toMatchObject({ isolation: 'sandboxed', step: outer!.step });
    expect(await result('(call :each (fn [x] (call :secret)) [1])', host)).toMatch(/^error\/security: .*'secret'/);
  });

  test('knows where the captured values come from', async () => {
    const document = readDocument('{:rules [{:id "untold" :on :call :then :deny :capability "send" :derived-from ["token"] :reason "secrets are not told"}]}', 'c.edn');
    const rules = document.ok ? readConstitution('c', document.value) : document;
    if (!rules.ok) throw new Error('the rules cannot be read');
    const sent: Value[] = [];
    const send = capability('send', ([value]) => {
      sent.push(value!);
      return null;
    });
    const policy = grantPolicy({ grants: [{ capability: '*', scope: '*' }], baseDirectory: '/', constitution: rules.value });
    const host = { ...hostOf([each, send], policy), constitution: rules.value };
    const text = (key: string): string => `(step "s" (context/set :name "n") (context/set :token "t") (let [v (context/get :${key})] (call :each (fn [x] (call :send (str v x))) [1])))`;
    expect(await result(text('name'), host)).toBe('[nil]');
    expect(await result(text('token'), host)).toMatch(/^error\/security: .*secrets are not told/);
    expect(sent).toEqual(['n1']);
  });

  test('costs what is left of the budget', async () => {
    const host: LoopHost = { ...hostOf([each, capability('open', () => 1)]), budget: { grant: { calls: 4 }, source: 'the test' } };
    expect(await result('(call :each (fn [x] (call :open)) [1 2 3])', host)).toBe('[1 1 1]');
    expect(await result('(call :each (fn [x] (call :open)) [1 2 3 4])', host)).toMatch(/^error\/budget: /);
    expect(await result('(do (call :each (fn [x] (call :open)) [1 2]) (call :open) (call :open))', host)).toMatch(/^error\/budget: /);
  });
});

describe('functions of the embedding program', () => {
  test('get functions of the plan as functions', async () => {
    const host = functionHost({
      'list.map': async (items: number[], f: (item: number) => Promise<unknown>) => {
        const given: unknown[] = [];
        for (const item of items) given.push(await f(item));
        return given;
      },
      'on.events': async ({ start, item }: { start: () => Promise<unknown>; item: (n: number, of: object) => Promise<unknown> }) => [await start(), await item(1, { total: 2 })],
    });
    expect(await result('(call :list.map [1 2 3] (fn [x] (* x x)))', host)).toBe('[1 4 9]');
    expect(await result('(call :on.events {:start (fn [] :started) :item (fn [n of] [n (:total of)])})', host)).toBe('["started" [1 2]]');
  });

  test('must give them data', async () => {
    const host = functionHost({ 'bad': (f: (item: unknown) => Promise<unknown>) => f(Symbol('s')) });
    expect(await result('(call :bad (fn [x] x))', host)).toBe('error/type: Type error in bad: the argument of a function is no data: a symbol cannot become a value');
  });
});
