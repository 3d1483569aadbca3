/** Execution hints: where they come from in the text, and what they do to a call. */
import { describe, expect, test } from 'vitest';
import { hintsOf, type Hints } from '../../../src/host/hint/hints.ts';
import { historyValue, readHistory } from '../../../src/host/hint/history.ts';
import { attempted, begin, type HintApplied, plan } from '../../../src/host/hint/plan.ts';
import { hintStateValue, NO_HINT_STATE, percentile, readHintState } from '../../../src/host/hint/state.ts';
import { compile, startProgram } from '../../../src/host/compile.ts';
import { failureValue, HostFailure } from '../../../src/host/failure.ts';
import { Loop } from '../../../src/host/loop.ts';
import { newMemory } from '../../../src/host/memory.ts';
import type { Answer, FailureKind, HostCall, Turn, WorkCapability } from '../../../src/host/port.ts';
import { capabilityRegistry } from '../../../src/host/registry.ts';
import { readValue } from '../../../src/parser/datum.ts';
import { decodeValue, encodeValue } from '../../../src/value/bytes.ts';
import { MapValue } from '../../../src/value/map.ts';
import { printValue } from '../../../src/value/print.ts';
import { keyword, type Value } from '../../../src/value/value.ts';
import { testEnvironment } from '../../support/environment.ts';
import { ALLOW_ALL, call, ManualClock, settled } from './support.ts';

function value(text: string): Value {
  const read = readValue(text);
  if (!read.ok) throw new Error(text);
  return read.value;
}

function options(text: string): Value {
  return value(text.replaceAll('::', ':runtime.learning.'));
}

function hints(text: string): Hints {
  return hintsOf({ capability: 'a.b', options: options(text) })!;
}

// ── In the text ────────────────────────────────────────────────────────────────────────────────────────────────────

describe('in a program', () => {
  const environment = testEnvironment();
  const compiled = (text: string) => compile(environment, { file: 'x.rtfs', text: text.replaceAll('::', ':runtime.learning.') });
  /** The options of the calls that the program waits for first. */
  const optionsIn = (text: string): (string | null)[] => {
    const { program, diagnostics } = compiled(text);
    if (program === null) throw new Error(diagnostics.map((one) => one.message).join('\n'));
    const { outcome } = startProgram(program);
    return outcome.kind === 'requires-host' ? outcome.calls.map((one) => printValue(one.options)!.replaceAll(':runtime.learning.', '::')) : [outcome.kind];
  };

  test.each<[string, string, string]>([
    ['before the call itself', '^{::retry {:max-retries 2}} (call :a.b)', '{::retry {:max-retries 2}}'],
    ['around it', '^{::retry {:max-retries 2}} (let [x 1] (if x (call :a.b x)))', '{::retry {:max-retries 2}}'],
    ['around it twice: the inner one counts, key by key', '^{::retry true ::cache true} (do ^{::retry {:max-retries 9}} (str (call :a.b)))', '{::cache true ::retry {:max-retries 9}}'],
    ['switched off inside', '^{::retry true} (do ^{::retry false} (call :a.b))', '{::retry false}'],
    ['beside other options of the call', '^{::retry true} (do ^{:timeout-ms 5} (call :a.b))', '{::retry true :timeout-ms 5}'],
    ['in a function that is written inside', '^{::retry true} (first (map (fn [x] (call :a.b x)) [1]))', '{::retry true}'],
    ['before a definition', '^{::retry true} (defn f [] (call :a.b)) (f)', '{::retry true}'],
    ['before a step', '^{::retry true} (step "s" (call :a.b))', '{::retry true}'],
    ['before a macro call', '(defmacro m [x] `(call :a.b ~x)) ^{::retry true} (m 1)', '{::retry true}'],
    ['before a macro call inside', '(defmacro m [x] `(call :a.b ~x)) (str ^{::retry true} (m 1))', '{::retry true}'],
    ['before a vector', '^{::retry true} [(call :a.b)]', '{::retry true}'],
    ['computed', '(let [n 5] ^{::retry {:max-retries (+ n 1)}} (let [n 9] (call :a.b n)))', '{::retry {:max-retries 6}}'],
    ['not in functions that are only called', '(defn f [] (call :a.b)) ^{::retry true} (f)', 'nil'],
    ['not after the form', '(do ^{::retry true} (str 1) (call :a.b))', 'nil'],
  ])('%s', (_, text, options) => expect(optionsIn(text)).toEqual([options]));

  test('a computed hint is computed once, before the form', () => {
    expect(optionsIn('^{::retry {:max-retries (call :how.many)}} (do (call :a.b) (call :a.c))')).toEqual(['nil']);
  });

  test('holds in a loop, and recur stays where it is', () => {
    expect(optionsIn('(loop [i 0] ^{::retry {:max-retries (+ 1 1)}} (if (< i 2) (recur (+ i 1)) (call :a.b i)))')).toEqual(['{::retry {:max-retries 2}}']);
  });

  test.each<[string, string, string, readonly string[], string]>([
    ['^{::retri true} (call :a.b)', 'W0606', '`::retri` is no hint', ['did you mean `::retry`?', 'it has no effect'], '::retri'],
    ['^{:runtime.retry true} (call :a.b)', 'W0606', '`:runtime.retry` is no hint', ['did you mean `::retry`?', 'it has no effect'], ':runtime.retry'],
    ['^{::retry {:max-retrys 1}} (call :a.b)', 'W0606', 'the hint `::retry` has no key `:max-retrys`', ['did you mean `:max-retries`?', 'it has no effect'], ':max-retrys'],
    ['^{::retry {:max-retries -1}} (call :a.b)', 'E0219', '`:max-retries` of the hint `::retry` must be an integer of at least 0', [], ':max-retries'],
    ['^{::cache 5} (call :a.b)', 'E0219', 'the hint `::cache` must be a map, `true` or `false`', [], '5'],
    ['^{::fallback {}} (call :a.b)', 'E0219', '`:capability` of the hint `::fallback` must be a keyword or a string', [], '{}'],
    ['(def n 1) ^{::retry {:max-retries n}} (defn f [] (call :a.b))', 'E0219', 'the hint `::retry` of a definition must be a literal', ['set it inside the function, where its value can be computed'], '{:max-retries n}'],
  ])('%s is told', (text, code, message, help, at) => {
    const { diagnostics } = compiled(text);
    const whole = text.replaceAll('::', ':runtime.learning.');
    const short = (one: string): string => one.replaceAll(':runtime.learning.', '::');
    expect(diagnostics.map((one) => [one.code, short(one.message), one.help?.map(short) ?? [], short(whole.slice(one.span!.start, one.span!.end))])).toEqual([[code, message, help, at]]);
  });

  test('a key that means nothing leaves the rest of the hint as it is', () => {
    expect(optionsIn('^{::retry {:max-retrys 1 :backoff-ms 7}} (call :a.b)')).toEqual(['{::retry {:backoff-ms 7 :max-retrys 1}}']);
    expect(hints('{::retry {:max-retrys 1 :backoff-ms 7}}').retry).toEqual({ maxRetries: 3, backoffMs: 7, multiplier: 2, maxBackoffMs: 60_000 });
  });
});

describe('the hints of a call', () => {
  test('have defaults, and both spellings of keys', () => {
    expect(hints('{::metrics true ::cache true ::circuit-breaker true ::rate-limit {} ::retry true ::timeout true ::fallback {:capability :c.d}}')).toEqual({
      metrics: { label: 'a.b', emitToChain: true, trackPercentiles: false },
      cache: { ttlMs: 60_000, maxEntries: 100 },
      circuitBreaker: { failureThreshold: 5, cooldownMs: 30_000, successThreshold: 2 },
      rateLimit: { perSecond: 10, burst: 5 },
      retry: { maxRetries: 3, backoffMs: 100, multiplier: 2, maxBackoffMs: 60_000 },
      timeout: { absoluteMs: 30_000 },
      fallback: { capability: 'c.d', reason: null, passArgs: true },
    });
    expect(hints('{::retry {:initial-delay-ms 5 :backoff-multiplier 1.5} ::timeout {:timeout-ms 9}}')).toEqual({
      retry: { maxRetries: 3, backoffMs: 5, multiplier: 1.5, maxBackoffMs: 60_000 }, timeout: { absoluteMs: 9 },
    });
  });

  test.each(['nil', '{}', '{:timeout-ms 5}', '{::retry false ::cache nil}'])('%s are none', (text) => {
    expect(hintsOf({ capability: 'a.b', options: value(text.replaceAll('::', ':runtime.learning.')) })).toBeNull();
  });

  test('that were computed wrong are an error of the call', () => {
    expect(() => hints('{::retry {:max-retries "two"}}')).toThrow('Invalid argument: a.b: :max-retries of the hint :runtime.learning.retry must be an integer of at least 0');
  });
});

// ── What they do ───────────────────────────────────────────────────────────────────────────────────────────────────

const START = 1_700_000_000_000;

/**
 * Calls whose answers are scripted: a value, or the kind of a failure. They go through the host's loop; what it remembers goes from one to the
 * next. Tells when each attempt was made, from the start of the clock, and how long it may take.
 */
class Scripted {
  readonly clock = new ManualClock();
  readonly made: string[] = [];
  readonly applied: HintApplied[] = [];
  memory = newMemory({ grant: {} }, false);
  private readonly script: (Value | { readonly fail: FailureKind })[];
  private asked = 0;
  /** How long each attempt takes. */
  tookMs = 0;

  constructor(...script: (Value | { readonly fail: FailureKind })[]) {
    this.script = script;
  }

  /** The answers to calls that wait at the same time, one for each list of arguments. */
  async ask(text: string, all: readonly (readonly Value[])[] = [[1]], signal = new AbortController().signal): Promise<readonly Answer[]> {
    const answers: Answer[] = [];
    const turn = (calls: readonly HostCall[]): Turn<readonly HostCall[]> =>
      ({ state: calls, events: [], outcome: calls.length === 0 ? { kind: 'complete', value: null } : { kind: 'requires-host', calls } });
    const loop = new Loop<readonly HostCall[], unknown>({
      kernel: {
        resume: (open, given) => {
          answers.push(...given);
          return turn(open.filter(({ id }) => !given.some((one) => one.id === id)));
        },
      },
      first: turn(all.map((args) => ({ ...call(String(++this.asked), 'a.b', args), options: options(text) }))),
      memory: this.memory, signal, quantum: 1, maxConcurrent: 10,
      host: { capabilities: capabilityRegistry([this.capability('a.b'), this.capability('c.d')], new Map()), policy: ALLOW_ALL, clock: this.clock },
      observer: { decided: (one) => this.made.push(this.attemptText(one)), applied: (_, what) => this.applied.push(what) },
    });
    await loop.run();
    this.memory = loop.memory;
    return answers;
  }

  /** Lets time pass until the call is answered. */
  async through(text: string, args: readonly Value[] = [1]): Promise<string> {
    let answer: Answer | null = null;
    void this.ask(text, [args]).then(([one]) => (answer = one!));
    for (let i = 0; i < 100_000 && answer === null; i++) {
      await settled();
      if (answer === null) await this.clock.advance(10);
    }
    return textOf(answer!);
  }

  private attemptText({ capability, args, options: given }: HostCall): string {
    const timeoutMs = given instanceof MapValue ? given.get(keyword('timeout-ms')) : undefined;
    return `${this.clock.nowMs() - START} ${capability}(${args.map((arg) => printValue(arg)).join(' ')})${timeoutMs === undefined ? '' : ` <${printValue(timeoutMs)}`}`;
  }

  private capability(id: string): WorkCapability {
    return {
      id, summary: '', determinism: 'live',
      call: async () => {
        if (this.tookMs > 0) await this.clock.sleep(this.tookMs, new AbortController().signal);
        const next = this.script.shift() ?? null;
        if (next !== null && typeof next === 'object' && 'fail' in next) throw new HostFailure(next.fail, `no ${id}`);
        return next;
      },
    };
  }
}

function textOf(answer: Answer): string {
  return answer.ok ? printValue(answer.value)! : `${answer.error.type.name}: ${answer.error.message}`;
}

const HOST = { fail: 'host' } as const;

describe('retry', () => {
  test('tries again after pauses that grow', async () => {
    const world = new Scripted(HOST, HOST, HOST, 5);
    expect(await world.through('{::retry {:max-retries 3 :backoff-ms 100 :backoff-multiplier 2}}')).toBe('5');
    expect(world.made).toEqual(['0 a.b(1)', '100 a.b(1)', '300 a.b(1)', '700 a.b(1)']);
    expect(world.applied.map((one) => [one.hint, one.detail])).toEqual([
      ['retry', { attempt: 2, waitedMs: 100 }], ['retry', { attempt: 3, waitedMs: 200 }], ['retry', { attempt: 4, waitedMs: 400 }],
    ]);
  });

  test('gives up after the last, and never waits longer than it may', async () => {
    const world = new Scripted(HOST, HOST, HOST);
    expect(await world.through('{::retry {:max-retries 2 :backoff-ms 100 :backoff-multiplier 10 :max-backoff-ms 150}}')).toBe('error/host: no a.b');
    expect(world.made).toEqual(['0 a.b(1)', '100 a.b(1)', '250 a.b(1)']);
  });

  test.each(['security', 'capability', 'argument', 'type', 'validation', 'cancelled'] as const)('does not repeat what will fail again: %s', async (kind) => {
    const world = new Scripted({ fail: kind }, 5);
    expect(await world.through('{::retry true}')).toBe(`error/${kind}: no a.b`);
    expect(world.made).toHaveLength(1);
  });

  test('ends when nobody waits any more', async () => {
    const world = new Scripted(HOST, 5);
    const abort = new AbortController();
    const answers = world.ask('{::retry {:backoff-ms 1000}}', [[1]], abort.signal);
    await settled();
    abort.abort();
    expect(await answers).toEqual([]);
    await world.clock.advance(10_000);
    expect(world.made).toHaveLength(1);
    expect(world.clock.sleeping).toBe(0);
  });
});

describe('timeout and fallback', () => {
  test('each attempt has the whole time', async () => {
    const world = new Scripted({ fail: 'timeout' }, 5);
    expect(await world.through('{::timeout {:absolute-ms 500} ::retry {:backoff-ms 50}}')).toBe('5');
    expect(world.made).toEqual(['0 a.b(1) <500', '50 a.b(1) <500']);
    expect(world.applied.map((one) => one.hint)).toEqual(['timeout', 'retry']);
  });

  test('a fallback takes over in what is left of the time', async () => {
    const world = new Scripted(HOST, 6);
    world.tookMs = 100;
    expect(await world.through('{::timeout {:timeout-ms 500} ::fallback {:capability :c.d :reason "cheaper"}}')).toBe('6');
    expect(world.made).toEqual(['0 a.b(1) <500', '100 c.d(1) <400']);
    expect(world.applied).toMatchObject([{ hint: 'fallback', detail: { to: 'c.d', reason: 'cheaper', error: 'no a.b' } }]);
  });

  test('a fallback may go without the arguments; when it fails too, the attempt has failed', async () => {
    const world = new Scripted(HOST, HOST, HOST, 7);
    expect(await world.through('{::fallback {:capability "c.d" :pass-original-args false} ::retry {:backoff-ms 10}}')).toBe('7');
    expect(world.made).toEqual(['0 a.b(1)', '0 c.d()', '10 a.b(1)', '10 c.d()']);
  });

  test('a fallback also stands in for what is not allowed, and not for what was given up', async () => {
    expect(await new Scripted({ fail: 'security' }, 8).through('{::fallback {:capability :c.d}}')).toBe('8');
    expect(await new Scripted({ fail: 'cancelled' }, 8).through('{::fallback {:capability :c.d}}')).toBe('error/cancelled: no a.b');
  });
});

describe('cache', () => {
  test('answers the same call again until it is too old', async () => {
    const world = new Scripted(1, 2, 3);
    const text = '{::cache {:ttl-ms 1000}}';
    expect([await world.through(text), await world.through(text), await world.through(text, [2])]).toEqual(['1', '1', '2']);
    await world.clock.advance(1000);
    expect(await world.through(text)).toBe('3');
    expect(world.made).toHaveLength(3);
  });

  test('keeps only so many, and no failures', async () => {
    const world = new Scripted(HOST, 1, 2, 3, 4);
    const text = '{::cache {:max-entries 2}}';
    expect(await world.through(text, [0])).toBe('error/host: no a.b');
    expect([await world.through(text, [1]), await world.through(text, [2]), await world.through(text, [3])]).toEqual(['1', '2', '3']);
    expect([await world.through(text, [3]), await world.through(text, [2]), await world.through(text, [1])]).toEqual(['3', '2', '4']);
  });
});

describe('circuit breaker', () => {
  const TEXT = '{::circuit-breaker {:failure-threshold 2 :cooldown-ms 1000 :success-threshold 2}}';

  test('opens after failures in a row, lets try after a while, closes after successes', async () => {
    const world = new Scripted(HOST, 1, HOST, HOST, HOST, 2, 3, HOST, 4);
    for (let i = 0; i < 4; i++) await world.through(TEXT);
    expect(world.made).toHaveLength(4);
    expect(await world.through(TEXT)).toBe('error/host: Circuit open: a.b failed 2 times in a row; the next try is in 1000 ms');
    expect(world.made).toHaveLength(4);
    await world.clock.advance(1000);
    expect(await world.through(TEXT)).toBe('error/host: no a.b'); // one failure opens it again
    expect(await world.through(TEXT)).toContain('Circuit open');
    await world.clock.advance(1000);
    expect([await world.through(TEXT), await world.through(TEXT)]).toEqual(['2', '3']);
    // closed: one failure does not open it
    expect([await world.through(TEXT), await world.through(TEXT)]).toEqual(['error/host: no a.b', '4']);
  });

  test('counts a call with all its attempts once', async () => {
    const world = new Scripted(HOST, HOST, HOST, 1);
    const text = '{::circuit-breaker {:failure-threshold 2} ::retry {:max-retries 1 :backoff-ms 0}}';
    expect(await world.through(text)).toBe('error/host: no a.b');
    expect(await world.through(text)).toBe('1');
  });
});

test('rate limit: a burst at once, then one each interval', async () => {
  const world = new Scripted();
  const answers = world.ask('{::rate-limit {:requests-per-second 2 :burst 2}}', [[1], [2], [3], [4], [5]]);
  for (let i = 0; i < 300; i++) await world.clock.advance(10);
  expect(await answers).toHaveLength(5);
  expect(world.made.map((one) => Number(one.split(' ')[0]))).toEqual([0, 0, 500, 1000, 1500]);
  await world.clock.advance(60_000);
  await world.ask('{::rate-limit {:requests-per-second 2 :burst 2}}', [[6], [7]]);
  expect(world.made).toHaveLength(7); // what was not used is not saved beyond the burst, but that much is there
});

test('metrics: calls, failures, times, percentiles', async () => {
  const world = new Scripted(1, HOST, 2);
  const text = '{::metrics {:label "prices" :track-percentiles true}}';
  for (const tookMs of [10, 30, 20]) {
    world.tookMs = tookMs;
    await world.through(text);
  }
  const metric = world.memory.hints.metrics.get('prices')!;
  expect(metric).toEqual({ calls: 3, failures: 1, totalMs: 60, maxMs: 30, durationsMs: [10, 30, 20] });
  expect([percentile(metric, 0.5), percentile(metric, 0.99), percentile({ ...metric, durationsMs: [] }, 0.5)]).toEqual([20, 30, null]);
  expect(world.applied.at(-1)).toMatchObject({ hint: 'metrics', detail: { label: 'prices', durationMs: 20, ok: true, attempts: 1 } });
});

// ── As data ────────────────────────────────────────────────────────────────────────────────────────────────────────

test('what is remembered comes back from bytes as it was, and nothing else is taken for it', async () => {
  const world = new Scripted(value('{:a [1 2.5]}'), HOST, 3);
  const text = '{::metrics {:track-percentiles true} ::cache true ::circuit-breaker true ::rate-limit {:requests-per-second 3}}';
  for (const arg of [1, 2, 3]) await world.through(text, [arg]);
  const bytes = encodeValue(hintStateValue(world.memory.hints));
  const read = decodeValue(bytes);
  const back = read.ok ? readHintState(read.value) : null;
  expect(back).not.toBeNull();
  expect(encodeValue(hintStateValue(back!))).toEqual(bytes);
  expect(back!.breakers).toEqual(world.memory.hints.breakers);
  expect(readHintState(hintStateValue(NO_HINT_STATE))).toEqual(NO_HINT_STATE);
  for (const bad of ['nil', '{}', '{:cache {} :breakers {} :paces {"a" "b"} :metrics {}}', '{:cache {"a" [{:key 1 :at 2}]} :breakers {} :paces {} :metrics {}}']) expect([bad, readHintState(value(bad))]).toEqual([bad, null]);
});

test('a call goes on in the middle of a pause, from what was written down', () => {
  const retry = hints('{::retry {:max-retries 2 :backoff-ms 100}}');
  const one = { capability: 'a.b', argsHash: 'h' };
  const ports = { refuse: () => failureValue(new HostFailure('host', 'refused')) };
  const error = failureValue(new HostFailure('host', 'down'));
  const first = plan(retry, one, begin(1000), NO_HINT_STATE, 1000, ports);
  expect(first).toMatchObject({ kind: 'call', target: 'own', capability: 'a.b', timeoutMs: null });
  const failed = attempted(first.history, { target: 'own', startedMs: 1000, endedMs: 1010, outcome: { ok: false, error } });
  const pause = plan(retry, one, failed, first.state, 1010, ports);
  expect(pause).toMatchObject({ kind: 'wait', untilMs: 1110 });
  const kept = decodeValue(encodeValue(historyValue(pause.history)));
  const history = kept.ok ? readHistory(kept.value) : null;
  expect(plan(retry, one, history!, pause.state, 1109, ports)).toMatchObject({ kind: 'wait', untilMs: 1110 });
  expect(plan(retry, one, history!, pause.state, 1110, ports)).toMatchObject({ kind: 'call', target: 'own', applied: [{ hint: 'retry', detail: { attempt: 2, waitedMs: 100 } }] });
  const answered = attempted(history!, { target: 'own', startedMs: 1110, endedMs: 1120, outcome: { ok: true, value: 5 } });
  expect(plan(retry, one, answered, pause.state, 1120, ports)).toMatchObject({ kind: 'answer', outcome: { ok: true, value: 5 } });
  expect([readHistory(null), readHistory(value('{:first 1 :admitted true :seen 0 :attempts [{:target :other :started 1 :ended 2 :ok true :given 1}]}'))]).toEqual([null, null]);
});
