/** Runs that are not kept, with hints, budgets, a limit of time and a constitution: the same loop, and nothing on disk. */
import { describe, expect, test } from 'vitest';
import { compile } from '../../../src/host/compile.ts';
import { HostFailure } from '../../../src/host/failure.ts';
import type { Capability } from '../../../src/host/port.ts';
import { capabilityRegistry } from '../../../src/host/registry.ts';
import type { LoopHost } from '../../../src/host/loop.ts';
import { run } from '../../../src/host/run.ts';
import { readConstitution } from '../../../src/host/security/constitution-text.ts';
import { readDocument } from '../../../src/host/security/document.ts';
import { grantPolicy } from '../../../src/host/security/policy.ts';
import { printValue } from '../../../src/value/print.ts';
import { testEnvironment } from '../../support/environment.ts';
import { ALLOW_ALL, ManualClock } from './support.ts';

const environment = testEnvironment();

async function ended(text: string, host: LoopHost): Promise<string> {
  const { program, diagnostics } = compile(environment, { file: 'x.rtfs', text: text.replaceAll('::', ':runtime.learning.') });
  if (program === null) throw new Error(diagnostics[0]!.message);
  const result = await run(program, host, { start: { quantum: 10_000 } });
  return result.kind === 'complete' ? (printValue(result.value) ?? '') : result.kind === 'failed' ? `${result.error.type.name}: ${result.error.message}` : result.kind;
}

function hostOf(clock: ManualClock, ...capabilities: Capability[]): LoopHost {
  return { capabilities: capabilityRegistry(capabilities, new Map()), policy: ALLOW_ALL, clock };
}

/** Time passes as soon as somebody waits for it. */
function passing(clock: ManualClock): () => void {
  const timer = setInterval(() => void (clock.sleeping > 0 && clock.advance(50)), 1);
  return () => clearInterval(timer);
}

describe('hints', () => {
  test.each<[string, string, string, number]>([
    ['a call is made again after pauses', '^{::retry {:max-retries 3 :backoff-ms 100}} (call :work 1)', '3', 3],
    ['and not for ever', '(try ^{::retry {:max-retries 1 :backoff-ms 100}} (call :work 1) (catch e (:message e)))', '"busy"', 2],
    ['an answer is remembered', '(map (fn [_] ^{::cache true ::retry {:backoff-ms 0}} (call :work 1)) [1 2 3])', '[3 3 3]', 3],
    ['another capability takes over', '^{::fallback {:capability :other}} (call :work 1)', '"other"', 1],
    ['a circuit opens', '(map (fn [_] (try ^{::circuit-breaker {:failure-threshold 1}} (call :work 1) (catch e (:message e)))) [1 2])', '["busy" "Circuit open: work failed 1 times in a row; the next try is in 30000 ms"]', 1],
    ['a pace is kept', '(map (fn [i] ^{::rate-limit {:requests-per-second 10 :burst 1}} (call :other i)) [1 2 3])', '["other" "other" "other"]', 0],
    ['wrong ones are an error of the call', '(let [n "two"] (try ^{::retry {:max-retries n}} (call :work 1) (catch e (:message e))))', '"Invalid argument: work: :max-retries of the hint :runtime.learning.retry must be an integer of at least 0"', 0],
    ['what is not allowed is not tried again', '(try ^{::retry {:max-retries 3}} (call :none 1) (catch e (:message e)))', '"Unknown capability: none"', 0],
  ])('%s', async (_, text, expected, times) => {
    const clock = new ManualClock();
    let made = 0;
    const work: Capability = {
      id: 'work', summary: '', determinism: 'live',
      call: () => {
        made += 1;
        if (made < 3) throw new HostFailure('host', 'busy');
        return 3;
      },
    };
    const stop = passing(clock);
    try {
      expect(await ended(text, hostOf(clock, work, { id: 'other', summary: '', determinism: 'live', call: () => 'other' }))).toBe(expected);
    } finally {
      stop();
    }
    expect(made).toBe(times);
  });

  test('a question may be asked in place of what fails, and time out by the hint', async () => {
    const clock = new ManualClock();
    const ask: Capability = { id: 'ask', summary: '', determinism: 'recorded', wait: () => ({ kind: 'person', question: '?', read: (text) => ({ ok: true, value: text }) }) };
    const host = { ...hostOf(clock, ask), ask: async (question: string) => `said to ${question}` };
    expect(await ended('^{::fallback {:capability :ask}} (call :nobody)', host)).toBe('"said to ?"');
    const stop = passing(clock);
    try {
      const silent = { ...hostOf(clock, ask), ask: () => new Promise<string>(() => undefined) };
      expect(await ended('(try ^{::timeout {:absolute-ms 200}} (call :ask) (catch e (:message e)))', silent)).toBe('"Timeout: ask took longer than 200 ms"');
    } finally {
      stop();
    }
  });
});

describe('the time of a policy', () => {
  /** A clock that goes on by itself whenever somebody looks. */
  const hasty = (stepMs: number): LoopHost['clock'] => {
    let now = 0;
    return { nowMs: () => (now += stepMs), sleep: () => Promise.resolve() };
  };
  const host = (stepMs: number): LoopHost => ({ ...hostOf(new ManualClock(), { id: 'tick', summary: '', determinism: 'pure', call: () => 1 }), clock: hasty(stepMs), stretchMs: 100 });

  test('ends a plan that works on and on; what it began is undone', async () => {
    expect(await ended('(try (loop [i 0] (recur (inc i))) (finally (call :tick)))', host(7))).toBe('error/cancelled: Cancelled: the plan has worked for more than 100 ms without a call (time-ms of its policy)');
  });

  test('also when undoing never ends', async () => {
    expect(await ended('(try (loop [i 0] (recur (inc i))) (finally (loop [i 0] (recur (inc i)))))', host(7))).toBe(
      'error/budget: Time used up: the plan was cancelled because it worked for too long, and did not come to an end',
    );
  });

  test('begins anew with each answer', async () => {
    expect(await ended('(loop [i 0] (if (< i 60) (recur (+ i (call :tick))) i))', host(7))).toBe('60');
  });
});

describe('budgets', () => {
  const spending = (clock: ManualClock): Capability[] => [
    { id: 'ask.model', summary: '', determinism: 'recorded', call: ([n], { used }) => (used?.({ cost: 0.25, tokens: 10 * Number(n) }), n!) },
    {
      id: 'slow', summary: '', determinism: 'recorded',
      call: async ([ms], { signal }) => {
        await clock.sleep(Number(ms), signal);
        return ms!;
      },
    },
    { id: 'sleep', summary: '', determinism: 'recorded', wait: ([ms]) => ({ kind: 'timer', durationMs: Number(ms) }) },
  ];
  const loop = (call: string): string => `(loop [i 1 done []] (if (< i 6) (recur (inc i) (conj done (try ${call} (catch :error/budget e (:budget (:data e))) (catch :error/timeout e :late)))) done))`;

  test.each<[string, NonNullable<LoopHost['budget']>['grant'], string, string]>([
    ['money that was spent', { cost: 500_000 }, '(do (call :ask.model i) (call :ask.model i))', '[1 :cost :cost :cost :cost]'],
    ['tokens that were used', { tokens: 60 }, '(call :ask.model i)', '[1 2 3 :tokens :tokens]'],
    ['the time of work', { 'time-ms': 250 }, '(call :slow 100)', '[100 100 :late :time-ms :time-ms]'],
    ['and not that of waiting', { 'time-ms': 250 }, '(call :sleep 100)', '[nil nil nil nil nil]'],
  ])('count %s', async (_, grant, call, expected) => {
    const clock = new ManualClock();
    const stop = passing(clock);
    try {
      expect(await ended(loop(call), { ...hostOf(clock, ...spending(clock)), budget: { grant, source: 'a test' } })).toBe(expected);
    } finally {
      stop();
    }
  });

  test('count bytes of arguments and answers', async () => {
    const clock = new ManualClock();
    const echo: Capability = { id: 'echo', summary: '', determinism: 'pure', call: ([text]) => text! };
    const host = { ...hostOf(clock, echo), budget: { grant: { bytes: 1000 }, source: 'a test' } };
    expect(await ended('(map (fn [n] (try (count (call :echo (apply str (repeat n "x")))) (catch e (:budget (:data e))))) [300 100 900 100 10])', host)).toBe('[300 100 :bytes 100 :bytes]');
  });
});

test('rules on calls follow values through all keys and turns', async () => {
  const document = readDocument('{:rules [{:id "untold" :on :call :then :deny :capability "tell" :derived-from ["token"] :reason "secrets are not told"}]}', 'c.edn');
  const rules = document.ok ? readConstitution('c', document.value) : document;
  if (!rules.ok) throw new Error('the rules cannot be read');
  const policy = grantPolicy({ grants: [{ capability: '*', scope: '*' }], baseDirectory: '/', constitution: rules.value });
  const say: Capability = { id: 'tell', summary: '', determinism: 'live', call: ([text]) => text! };
  const host = { ...hostOf(new ManualClock(), say, { ...say, id: 'echo' }), policy, constitution: rules.value };
  const text = '(step "s" (context/set :token "t") (call :echo 1) (context/set :a (str (context/get :token) 1)) (call :echo 2) (context/set :b (str (context/get :a) 2)) [(try (call :tell (context/get :b)) (catch e "kept")) (call :tell "free")])';
  expect(await ended(text, host)).toBe('["kept" "free"]');
});
