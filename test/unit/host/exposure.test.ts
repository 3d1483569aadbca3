/**
 * What capabilities see of a plan's context: policy and step together, by the table of the requirements; and the least
 * isolation that a policy wants of the steps that call something.
 */
import { describe, expect, test } from 'vitest';
import { openHost, type HostOptions } from '../../../src/host/open.ts';
import type { CallContext, Capability } from '../../../src/host/port.ts';
import { run } from '../../../src/host/run.ts';
import { dataOf } from '../../support/data.ts';
import { MapValue } from '../../../src/value/map.ts';
import { printBrief, printValue } from '../../../src/value/print.ts';
import { keyword, type Value } from '../../../src/value/value.ts';
import { testEnvironment } from '../../support/environment.ts';
import { compiled } from '../../support/journey.ts';
import { capability, ManualClock, MemoryConsole } from './support.ts';

const environment = testEnvironment();
const ALL_GRANTS = [{ capability: '*', scope: '*' }];
const CONTEXT = dataOf('{:a 1 :b 2}') as MapValue;

/** Runs the text; what each capability saw, as `id {context}`, in the order of the calls. */
async function seen(text: string, options: Partial<HostOptions>, context: MapValue = CONTEXT): Promise<readonly string[]> {
  return (await perform(text, options, context)).seen;
}

async function perform(text: string, options: Partial<HostOptions>, context: MapValue = CONTEXT, more: readonly Capability[] = []): Promise<{ readonly seen: readonly string[]; readonly end: string }> {
  const log: string[] = [];
  const spy = (id: string, tags?: readonly string[]): Capability => ({
    ...capability(id, async (args, { exposed }) => {
      log.push(`${id} ${printValue(exposed)}`);
      return args[0] ?? null;
    }),
    ...(tags === undefined ? {} : { tags }),
  });
  const capabilities = [spy('audit.log'), spy('audit.deep.log'), spy('auditor.log'), spy('fs.read'), spy('http.get'), spy('https.get'), spy('tagged.one', ['audit']), spy('tagged.two', ['other', 'audit']), spy('tagged.none', ['other']), ...more];
  const host = openHost({ grants: ALL_GRANTS, baseDirectory: '/', console: new MemoryConsole(), clock: new ManualClock(), capabilities, ...options });
  const result = await run(compiled(environment, text), host, { start: { context } });
  host.close();
  const end = result.kind === 'complete' ? `=> ${printBrief(result.value, 300)}` : result.kind === 'failed' ? `! ${result.error.type.name} ${result.error.message}` : result.kind;
  return { seen: log, end };
}

const step = (options: string, id: string): string => `(step "s" ${options} (call :${id} "x"))`;

describe('policy and step', () => {
  test.each<[policy: readonly string[], options: string, id: string, sees: string]>([
    [[], '', 'audit.log', '{}'],
    [[], ':expose-context true', 'audit.log', '{}'],
    [[], ':expose-context true', 'fs.read', '{}'],
    [['audit.'], '', 'audit.log', '{:a 1 :b 2}'],
    [['audit.'], '', 'fs.read', '{}'],
    [['audit.'], ':expose-context true', 'fs.read', '{}'],
    [['audit.'], ':context-keys [:a]', 'fs.read', '{}'],
    [['audit.'], ':expose-context true :context-keys [:a]', 'audit.log', '{:a 1}'],
    [['audit.'], ':expose-context false', 'audit.log', '{}'],
    [['fs.read'], ':expose-context false', 'fs.read', '{}'],
    [['fs.read'], ':expose-context true :context-keys [:a]', 'fs.read', '{:a 1}'],
    [['fs.read'], ':expose-context false :context-keys [:a]', 'fs.read', '{}'],
    [['fs.read'], ':context-keys []', 'fs.read', '{}'],
    [['fs.read'], ':context-keys [:none]', 'fs.read', '{}'],
  ])('policy %j, step %j: %s sees %s', async (expose, options, id, sees) => {
    expect(await seen(step(options, id), { expose })).toEqual([`${id} ${sees}`]);
  });

  test('a step inside may show again what the one around hides, up to the policy', async () => {
    const text = '(step "o" :expose-context false (call :fs.read "1") (step "i" :expose-context true (call :fs.read "2") (call :audit.log "2")) (call :fs.read "3"))';
    expect(await seen(text, { expose: ['fs.read'] })).toEqual(['fs.read {}', 'fs.read {:a 1 :b 2}', 'audit.log {}', 'fs.read {}']);
  });

  test('outside of steps the policy alone decides', async () => {
    expect(await seen('(do (call :audit.log 1) (call :fs.read "x"))', { expose: ['audit.log'] })).toEqual(['audit.log {:a 1 :b 2}', 'fs.read {}']);
  });
});

describe('rules of the policy', () => {
  test.each<[rule: string, sees: readonly string[]]>([
    ['audit.log', ['audit.log']],
    ['audit.', ['audit.log', 'audit.deep.log']],
    ['audit', []],
    ['audit.deep.', ['audit.deep.log']],
    ['#audit', ['tagged.one', 'tagged.two']],
    ['#aud', []],
    ['#', []],
    ['*', []],
    ['', []],
  ])('%j', async (rule, sees) => {
    const ids = ['audit.log', 'audit.deep.log', 'auditor.log', 'fs.read', 'tagged.one', 'tagged.two', 'tagged.none'];
    const found = await seen(`(do ${ids.map((id) => `(call :${id} "x")`).join(' ')})`, { expose: [rule] });
    expect(found).toEqual(ids.map((id) => `${id} ${sees.includes(id) ? '{:a 1 :b 2}' : '{}'}`));
  });

  test('are looked up by the id, not by the name that the plan uses', async () => {
    expect(await seen('(call :ccos.io.read-file "x")', { expose: ['fs.read'] })).toEqual(['fs.read {:a 1 :b 2}']);
    expect(await seen('(call :ccos.io.read-file "x")', { expose: ['ccos.'] })).toEqual(['fs.read {}']);
  });
});

describe('what is shown', () => {
  test('is what the step sees when it calls', async () => {
    const text = '(step-parallel (do (context/set :n 0) (call :audit.log 1)) (do (context/set :n 1) (call :audit.log 2) (context/set :n 2) (call :audit.log 3)))';
    expect([...(await seen(text, { expose: ['audit.'] }))].sort()).toEqual(['audit.log {:a 1 :b 2 :n 0}', 'audit.log {:a 1 :b 2 :n 1}', 'audit.log {:a 1 :b 2 :n 2}']);
  });

  test('cannot be changed by the capability', async () => {
    const attempts: string[] = [];
    const meddler = capability('audit.meddle', async (_args, context: CallContext) => {
      const { exposed } = context;
      // Maps are values: what `set` gives is another one.
      exposed.set(keyword('a'), 99);
      exposed.set(keyword('new'), 1);
      for (const change of [
        () => Object.assign(exposed, { size: 0, extra: 1 }),
        () => ((context as { exposed: Value }).exposed = MapValue.empty()),
        () => Object.assign(exposed.get(keyword('list')) as object, { extra: 1 }),
      ]) {
        try {
          change();
          attempts.push('no error');
        } catch {
          attempts.push('error');
        }
      }
      return null;
    });
    const text = '(do (call :audit.meddle) (call :audit.log 1) [(get :a) (context/get :new :none) (get :list)])';
    const { seen: log, end } = await perform(text, { expose: ['audit.'] }, dataOf('{:a 1 :list [1 2]}') as MapValue, [meddler]);
    expect(attempts).toHaveLength(3);
    expect(log).toEqual(['audit.log {:a 1 :list [1 2]}']);
    expect(end).toBe('=> [1 :none [1 2]]');
  });

  test('is a copy for each call: the next one sees its own', async () => {
    const contexts: MapValue[] = [];
    const keeper = capability('audit.keep', async (_args, { exposed }) => {
      contexts.push(exposed);
      return null;
    });
    await perform('(do (call :audit.keep) (context/set :a 5) (call :audit.keep))', { expose: ['audit.'] }, CONTEXT, [keeper]);
    expect(contexts.map((one) => printValue(one))).toEqual(['{:a 1 :b 2}', '{:a 5 :b 2}']);
  });
});

describe('the least isolation of calls', () => {
  const isolation = [{ capability: 'http', level: 'sandboxed' }] as const;

  test.each<[string, string, boolean]>([
    ['outside of steps', '(call :http.get "http://a.test/")', false],
    ['a step', '(step "s" (call :http.get "http://a.test/"))', false],
    ['an isolated step', '(step "s" :isolation :isolated (call :http.get "http://a.test/"))', false],
    ['a sandboxed step', '(step "s" :isolation :sandboxed (call :http.get "http://a.test/"))', true],
    ['a sandboxed arm', '(step-if :isolation :sandboxed true (call :http.get "http://a.test/"))', true],
    ['an open arm', '(step-if true (call :http.get "http://a.test/"))', false],
    ['another family that begins alike', '(call :https.get "http://a.test/")', true],
    ['another capability', '(call :audit.log "http://a.test/")', true],
  ])('%s', async (_, text, allowed) => {
    const { seen: log, end } = await perform(text, { isolation });
    expect(log).toHaveLength(allowed ? 1 : 0);
    if (!allowed) expect(end).toMatch(/^! error\/security .*its step must be :sandboxed, and is :(inherit|isolated)/);
  });

  test('a refusal is an error like others, and nothing was called', async () => {
    const { seen: log, end } = await perform('(step "s" :on-fail (call :audit.log (:type %error)) (call :http.get "http://a.test/"))', { isolation });
    expect(log).toEqual(['audit.log {}']);
    expect(end).toBe('=> :error/security');
  });

  test('a rule for one capability leaves its family alone', async () => {
    const rule = [{ capability: 'audit.log', level: 'isolated' }] as const;
    expect((await perform('(call :audit.deep.log 1)', { isolation: rule })).end).toBe('=> 1');
    expect((await perform('(call :audit.log 1)', { isolation: rule })).end).toMatch(/must be :isolated, and is :inherit/);
    expect((await perform('(step "s" :isolation :isolated (call :audit.log 1))', { isolation: rule })).end).toBe('=> 1');
    expect((await perform('(step "s" :isolation :sandboxed (call :audit.log 1))', { isolation: rule })).end).toBe('=> 1');
  });

  // A step that inherits inside of a sandboxed one sees no more than the sandbox; branches and passes likewise.
  test.each([
    ['a step inside', '(step "s" :isolation :sandboxed (step "t" (call :http.get "http://a.test/")))'],
    ['a branch', '(step-parallel :isolation :sandboxed (call :http.get "http://a.test/"))'],
    ['a pass', '(step-loop :isolation :sandboxed [x [1]] (call :http.get "http://a.test/"))'],
  ])('inside of a sandboxed step: %s', async (_, text) => {
    expect((await perform(text, { isolation })).seen).toHaveLength(1);
  });
});
