import { describe, expect, test } from 'vitest';
import type { Event } from '../../../../src/evaluator/event.ts';
import { restore, snapshot } from '../../../../src/evaluator/snapshot.ts';
import type { Advance } from '../../../../src/evaluator/state.ts';
import { resume } from '../../../../src/evaluator/kernel.ts';
import { compile, startProgram } from '../../../../src/host/compile.ts';
import type { Constitution } from '../../../../src/host/security/constitution.ts';
import { readConstitution } from '../../../../src/host/security/constitution-text.ts';
import { readDocument } from '../../../../src/host/security/document.ts';
import { exposureTo, type GovernedTurn, governTurn, type Refusal, REFUSALS_MAX } from '../../../../src/host/security/governance.ts';
import { emptyLineage, isolationAt, type Lineage, lineageValue, originsWithin, readLineage, sourcesSeen, Tracing } from '../../../../src/host/security/lineage.ts';
import { decodeValue, encodeValue } from '../../../../src/value/bytes.ts';
import { hashValue } from '../../../../src/value/hash.ts';
import { MapValue } from '../../../../src/value/map.ts';
import { printValue } from '../../../../src/value/print.ts';
import { keyword } from '../../../../src/value/value.ts';
import { testEnvironment } from '../../../support/environment.ts';

const environment = testEnvironment();

function constitution(rules: string, more = ''): Constitution {
  const document = readDocument(`{:tags {"secret" ["token"]} ${more} :rules [${rules}]}`, 'c.edn');
  const read = document.ok ? readConstitution('c', document.value) : document;
  if (!read.ok) throw new Error(read.error[0]!.message);
  return read.value;
}

const SECRETS_STAY = constitution('{:id "r1" :on :merge :then :deny :keys ["#secret"] :isolation [:sandboxed] :reason "secrets never leave a sandbox"}');

interface Governed {
  readonly value: string;
  readonly refusals: readonly Refusal[];
  readonly events: readonly Event[];
}

/** Runs a program whose calls are all answered with 7; between turns everything is saved and read again. */
function govern(rules: Constitution, text: string, { quantum = Number.POSITIVE_INFINITY, approved = new Set<string>() } = {}): Governed {
  const { program, diagnostics } = compile(environment, { file: 'x.rtfs', text });
  if (program === null) throw new Error(diagnostics[0]!.message);
  const refusals: Refusal[] = [];
  const events: Event[] = [];
  const accept = (governed: GovernedTurn<Advance>): GovernedTurn<Advance> => {
    refusals.push(...governed.refusals);
    events.push(...governed.turn.events);
    return governed;
  };
  let now = accept(governTurn(rules, emptyLineage(), (refused) => startProgram(program, { quantum, refused }), ({ call }) => (approved.has(call.id) ? { isAllowed: true } : { isAllowed: false, reason: null })));
  for (;;) {
    const { outcome, state } = now.turn;
    if (outcome.kind === 'complete') return { value: printValue(outcome.value) ?? '', refusals, events };
    if (outcome.kind === 'failed') return { value: `${outcome.error.type.name}: ${outcome.error.message}`, refusals, events };
    const lineage = saved(now.lineage);
    const read = restore(snapshot(state), program.table);
    if (!read.ok) throw new Error(read.error.message);
    const answers = outcome.kind === 'requires-host' ? outcome.calls.map(({ id }) => ({ id, ok: true as const, value: 7 })) : [];
    now = accept(governTurn(rules, lineage, (refused) => resume(read.value, answers, { quantum, refused }), ({ call }) => (approved.has(call.id) ? { isAllowed: true } : { isAllowed: false, reason: null })));
  }
}

function saved(lineage: Lineage): Lineage {
  const bytes = decodeValue(encodeValue(lineageValue(lineage)));
  const read = bytes.ok ? readLineage(bytes.value) : null;
  if (read === null) throw new Error('not read');
  expect(read).toEqual({ steps: lineage.steps, sources: lineage.sources });
  return read;
}

/** What is set in a sandbox, merged, and seen outside. */
const sandbox = (body: string, key: string): string =>
  `(step "outer" (context/set :token "old")
     (let [r (try (step "inner" :isolation :sandboxed :merge-policy :overwrite ${body}) (catch e {:kind (:type e) :rule (:rule (:data e))}))]
       [r (context/get :${key})]))`;

describe('secrets never leave a sandbox', () => {
  test('a merge that is denied leaves the context around it unchanged, and fails the step with the id of the rule', () => {
    const { value, refusals, events } = govern(SECRETS_STAY, sandbox('(context/set :token "new")', 'token'));
    expect(value).toBe('[{:kind :error/security :rule "r1"} "old"]');
    expect(refusals).toMatchObject([{ step: 'root/outer/inner', into: 'root/outer', verdict: 'deny', rule: 'r1', keys: ['token'] }]);
    expect(refusals[0]!.error.message).toBe('Security violation: merging :token of root/outer/inner into root/outer is not allowed: rule r1: secrets never leave a sandbox');
    expect(events.filter((event) => event.kind === 'merged')).toEqual([]);
    expect(events.filter((event) => event.kind === 'step-failed').map((event) => event.step)).toEqual(['root/outer/inner']);
  });

  test('what the rule does not name is merged', () => {
    expect(govern(SECRETS_STAY, sandbox('(context/set :a 1)', 'a'))).toMatchObject({ value: '[nil 1]', refusals: [] });
  });

  test('nor does a step that is no sandbox mind', () => {
    const text = '(step "outer" (step "inner" :merge-policy :overwrite (context/set :token 1)) (context/get :token))';
    expect(govern(SECRETS_STAY, text)).toMatchObject({ value: '1', refusals: [] });
  });

  test.each([
    ['under another key', '(context/set :token "s") (context/set :b (context/get :token))', 'b'],
    ['as a part of something else', '(context/set :token "s") (context/set :b [1 {:x (context/get :token)}])', 'b'],
    ['computed with', '(context/set :token "s") (context/set :b (count (str "x" (context/get :token))))', 'b'],
    ['through several keys', '(context/set :token "s") (context/set :a (context/get :token)) (context/set :b (str (context/get :a)))', 'b'],
    ['through a call in between', '(context/set :token "s") (context/set :a (context/get :token)) (call :x) (context/set :b (context/get :a))', 'b'],
    ['through a step inside', '(context/set :token "s") (step "deep" :merge-policy :overwrite (context/set :b (context/get :token)))', 'b'],
    ['through a pass of a loop', '(context/set :token "s") (step-loop [x [1]] (context/set :b (context/get :token)))', 'b'],
    ['through branches', '(context/set :token "s") (step-parallel "p" (context/set :c 1) (context/set :b (context/get :token)))', 'b'],
    ['by hand', '(context/set :token "s") (context/set :b (context/get :token)) (context/merge! :overwrite :b)', 'b'],
  ])('a value cannot be moved out %s', (_, body, key) => {
    // The secret itself would be reason enough; that the other key is one too is said by the refusal.
    const { value, refusals } = govern(SECRETS_STAY, sandbox(body, key));
    expect(value).toBe('[{:kind :error/security :rule "r1"} nil]');
    expect(refusals.every((one) => one.keys.includes(key))).toBe(true);
  });

  test('a clean value under the name of a tainted one is clean again', () => {
    const body = '(context/set :b 1) (context/set :b (context/get :token)) (context/set :b 2)';
    expect(govern(constitution('{:id "r" :on :merge :then :deny :keys ["token"] :reason "r"}'), sandbox(body, 'b'))).toMatchObject({ value: '[nil 2]', refusals: [] });
  });

  test('in small quanta and in one go the same is refused at the same positions', () => {
    const text = sandbox('(context/set :token "s") (context/set :a (context/get :token)) (call :x) (context/set :b (reduce + (map inc (range 300))))', 'b');
    const whole = govern(SECRETS_STAY, text);
    const pieces = govern(SECRETS_STAY, text, { quantum: 50 });
    expect(pieces.value).toBe(whole.value);
    expect(pieces.refusals.map((one) => [one.at, one.keys])).toEqual(whole.refusals.map((one) => [one.at, one.keys]));
    expect(pieces.events).toEqual(whole.events);
  });

  test('uncaught, the run fails with it', () => {
    const { value } = govern(SECRETS_STAY, '(step "s" :isolation :sandboxed :merge-policy :overwrite (context/set :token 1))');
    expect(value).toBe('error/security: Security violation: merging :token of root/s into root is not allowed: rule r1: secrets never leave a sandbox');
  });

  test('a fallback takes the place of a step whose merge was refused', () => {
    expect(govern(SECRETS_STAY, '(step "s" :isolation :sandboxed :merge-policy :overwrite :on-fail 42 (context/set :token 1))').refusals).toHaveLength(1);
  });
});

describe('a person', () => {
  const ask = constitution('{:id "ask" :on :merge :then :require-approval :keys ["plan"] :into "root" :reason "plans are read first"}');
  const text = '(step "s" :merge-policy :overwrite (context/set :plan 1))';

  test('who has not allowed it has refused it', () => {
    const { value, refusals } = govern(ask, text);
    expect(value).toBe('error/security: Security violation: merging :plan of root/s into root is not allowed: rule ask: plans are read first (somebody has to allow it)');
    expect(refusals).toMatchObject([{ verdict: 'require-approval', rule: 'ask' }]);
  });

  test('who has allowed it allows that merge', () => {
    const [refusal] = govern(ask, text).refusals;
    expect(govern(ask, text, { approved: new Set([refusal!.at]) })).toMatchObject({ value: 'nil', refusals: [] });
    expect(govern(ask, text, { approved: new Set(['999']) }).refusals).toHaveLength(1);
  });

  test('cannot allow what is denied', () => {
    const [refusal] = govern(SECRETS_STAY, sandbox('(context/set :token 1)', 'token')).refusals;
    expect(govern(SECRETS_STAY, sandbox('(context/set :token 1)', 'token'), { approved: new Set([refusal!.at]) }).refusals).toHaveLength(1);
  });
});

test('a constitution may allow only what it names', () => {
  const rules = constitution('{:id "ok" :on :merge :then :allow :keys ["result"] :reason "results"}', ':otherwise {:merge :deny}');
  expect(govern(rules, sandbox('(context/set :result 1)', 'result')).value).toBe('[nil 1]');
  expect(govern(rules, sandbox('(context/set :a 1)', 'a'))).toMatchObject({ value: '[{:kind :error/security :rule nil} nil]', refusals: [{ rule: null, keys: ['a'] }] });
});

test('a run that tries again and again is stopped', () => {
  const attempt = '(try (step "i" :isolation :sandboxed :merge-policy :overwrite (context/set :token 1)) (catch e nil))';
  const times = (count: number): string => `(dotimes [i ${count}] ${attempt})`;
  expect(govern(SECRETS_STAY, times(REFUSALS_MAX)).refusals).toHaveLength(REFUSALS_MAX);
  const { value, events } = govern(SECRETS_STAY, times(REFUSALS_MAX + 1));
  expect([value, events]).toEqual([`error/security: Security violation: the constitution refused more than ${REFUSALS_MAX} merges of one turn`, []]);
});

describe('what a capability is shown', () => {
  const rules = constitution('{:id "hide" :on :expose :then :deny :keys ["#secret"] :reason "hidden"}');
  const exposed = MapValue.of(keyword('a'), 1, keyword('token'), 2, keyword('b'), 3);
  const call = { capability: 'audit.log', step: 'root/s', isolation: 'inherit' as const };

  test('is without the keys that are hidden, and without what was made of them', () => {
    expect(exposureTo(rules, emptyLineage(), call, exposed)).toEqual({ shown: MapValue.of(keyword('a'), 1, keyword('b'), 3) });
    const lineage: Lineage = { steps: new Map(), sources: new Map([['root', new Map([['b', new Set(['token'])]])]]) };
    expect(exposureTo(rules, lineage, call, exposed)).toEqual({ shown: MapValue.of(keyword('a'), 1) });
    expect(exposureTo(constitution(''), lineage, call, exposed)).toEqual({ shown: exposed });
  });

  test('has what a person has to allow apart, with the hash of each value; what is denied is in neither', () => {
    const asking = constitution(`{:id "hide" :on :expose :then :deny :keys ["#secret"] :reason "hidden"}
      {:id "look" :on :expose :then :require-approval :keys ["b"] :question "May it see b?" :reason "b is looked at"}
      {:id "all" :on :expose :then :require-approval :keys ["a" "b" "token"] :capability "audit.*" :reason "audits"}`);
    expect(exposureTo(asking, emptyLineage(), call, exposed)).toEqual({
      shown: MapValue.of(keyword('a'), 1, keyword('b'), 3),
      asks: { rule: 'all', question: 'May it see b?', keys: [{ key: 'a', rule: 'all', valueHash: hashValue(1) }, { key: 'b', rule: 'look', valueHash: hashValue(3) }], withheld: MapValue.empty() },
    });
  });
});

describe('a lineage', () => {
  const told = (...events: readonly Event[]): Lineage => {
    const tracing = new Tracing(emptyLineage());
    for (const event of events) tracing.follow(event);
    return { steps: tracing.steps, sources: tracing.sources };
  };
  const started = (step: string, isolation: 'inherit' | 'isolated' | 'sandboxed'): Event => ({ kind: 'step-started', at: '1', step, name: 's', form: 'step', parent: null, isolation, declared: null });
  const set = (step: string, key: string, ...from: [string, string][]): Event => ({ kind: 'context-set', at: '1', step, key: keyword(key), value: 1, derivedFrom: from.map(([context, name]) => ({ context, key: name, valueHash: '' })) });

  test('knows how little a step sees', () => {
    const lineage = told(started('root/a', 'sandboxed'), started('root/a/b', 'inherit'), started('root/c', 'isolated'));
    expect(['root', 'root/a', 'root/a/b', 'root/a/b/0', 'root/c/x', 'root/cc'].map((id) => isolationAt(lineage, id))).toEqual(['inherit', 'sandboxed', 'sandboxed', 'sandboxed', 'isolated', 'inherit']);
  });

  test('forgets a context with its step', () => {
    const before = [started('root/a', 'inherit'), set('root/a', 'b', ['root', 'token']), set('root/a/0', 'c', ['root', 'token'])];
    expect(told(...before).sources.size).toBe(2);
    expect(told(...before, { kind: 'step-completed', at: '2', step: 'root/a', name: 's' })).toEqual(emptyLineage());
    expect(told(...before, { kind: 'branch-cancelled', at: '2', step: 'root/a', index: 0, error: null })).toEqual(emptyLineage());
    expect(told(...before, { kind: 'step-completed', at: '2', step: 'root/aa', name: 's' }).sources.size).toBe(2);
  });

  test('adds up what went into a value', () => {
    const lineage = told(set('root', 'a', ['root', 'x']), set('root', 'b', ['root', 'a'], ['root', 'y']));
    expect(sourcesSeen(lineage, 'root/s', 'b')).toEqual(['a', 'x', 'y']);
    expect(originsWithin(lineage, [{ context: 'root', key: 'b' }])).toEqual(['a', 'b', 'x', 'y']);
  });

  test('that is none is refused', () => {
    const good = lineageValue(told(started('root/a', 'isolated'), set('root', 'a', ['root', 'x'])));
    expect(readLineage(good)).not.toBe(null);
    expect(readLineage(null)).toBe(null);
    expect(readLineage(good.set(keyword('steps'), MapValue.of('root/a', keyword('open'))))).toBe(null);
    expect(readLineage(good.set(keyword('sources'), MapValue.of('root', MapValue.of('a', 1))))).toBe(null);
  });
});
