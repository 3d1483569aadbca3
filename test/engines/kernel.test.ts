/**
 * `rtfs/kernel` without a reader, in a realm where time, chance, the network, timers and the making of code from text
 * fail when touched: stored code runs there, and gives the same as here.
 */
import { createContext, runInContext } from 'node:vm';
import { beforeAll, describe, expect, test } from 'vitest';
import { archiveCode } from '../../src/host/code-archive.ts';
import { checkExpectation, type Expectation, readConformance } from '../../src/host/conformance.ts';
import { encodeValue } from '../../src/value/bytes.ts';
import { testEnvironment } from '../support/environment.ts';
import { bundle, corpus } from './bundles.ts';
import { poison } from './poison.ts';
import { runStored, type StoredProgram, type StoredReport } from './program/kernel.ts';
import { openQuickJs } from './quickjs.ts';

/** Files about size: they say nothing here that the others do not say. */
const HEAVY = /^limits\/|^functions\/depth|^library\/large/;

/** In QuickJS, where the whole corpus runs in another test, one program in so many. */
const SAMPLE = 25;

const environment = testEnvironment();

interface Stored {
  readonly title: string;
  readonly expectation: Expectation;
  /** Whether the reader and the kernel together do what the corpus expects. */
  readonly holds: boolean;
  readonly program: StoredProgram;
}

/** The expectation's code and the answers to its calls, as whoever stores a run would keep them; null when it is rejected before it runs. */
function store(name: string, expectation: Expectation): Stored | null {
  let program: Omit<StoredProgram, 'answers'> | null = null;
  const answers: StoredProgram['answers'][number][number][][] = [];
  const problem = checkExpectation(environment, expectation, 'straight', {
    compiled: (compilation) => {
      if (compilation.program === null) return;
      const { group, member } = compilation.program.main;
      program = { groups: archiveCode(environment, compilation.program), main: { group, member } };
    },
    advanced: () => answers.push([]),
    answered: (answer) => {
      answers[answers.length - 1]!.push({ id: answer.id, ok: answer.ok, bytes: [...encodeValue(answer.ok ? answer.value : answer.error)] });
    },
  });
  if (program === null) return null;
  const holds = problem === null;
  return { title: `${name}:${expectation.line}`, expectation, holds, program: { ...(program as Omit<StoredProgram, 'answers'>), answers } };
}

const stored: readonly Stored[] = corpus()
  .filter(({ name }) => !HEAVY.test(name))
  .flatMap(({ name, text }) => readConformance(text, name).flatMap((expectation) => store(name, expectation) ?? []));

/** What a kernel says about all programs; `run` gets a program as JSON and answers in JSON. */
function reportsOf(programs: readonly Stored[], run: (program: string) => string): (StoredReport & { readonly title: string })[] {
  return programs.map(({ title, program }) => ({ title, ...(JSON.parse(run(JSON.stringify(program))) as StoredReport) }));
}

describe('the kernel alone', () => {
  const here = reportsOf(stored, (program) => JSON.stringify(runStored(JSON.parse(program) as StoredProgram)));
  let script = '';

  beforeAll(async () => {
    script = await bundle('kernel');
  });

  test('gives the results that the corpus expects, from stored code', () => {
    expect(here.length).toBeGreaterThan(1000);
    const wrong = stored.flatMap(({ title, expectation: { expected }, holds }, index) => {
      const { kind, text } = here[index]!;
      if (!holds) return [];
      if (expected.kind === 'value') return kind === 'complete' && text === expected.text ? [] : [`${title}: expected ${expected.text}, found ${text}`];
      return kind === 'failed' && text.includes(expected.error) ? [] : [`${title}: expected the error ${expected.error}, found ${text}`];
    });
    expect(wrong).toEqual([]);
  });

  test('has no reader in its bundle', () => {
    expect(script).not.toMatch(/chevrotain|lodash/i);
  });

  test('gives the same, byte for byte, in a realm without time, chance, network, timers, locale, transcendental functions and eval', () => {
    const realm = createContext({}, { codeGeneration: { strings: false, wasm: false } });
    runInContext(poison(), realm);
    runInContext(script, realm);
    expect(reportsOf(stored, (program) => runInContext(`rtfsKernelTest(${JSON.stringify(program)})`, realm) as string)).toEqual(here);
  });

  test('gives the same, byte for byte, in QuickJS', async () => {
    const engine = await openQuickJs();
    try {
      engine.run(script);
      const sampled = (_: unknown, index: number): boolean => index % SAMPLE === 0;
      const found = reportsOf(stored.filter(sampled), (program) => engine.run(`rtfsKernelTest(${JSON.stringify(program)})`));
      expect(found).toEqual(here.filter(sampled));
    } finally {
      engine.close();
    }
  });
});

describe('the realm that the kernel is tested in', () => {
  test.each(['Date.now()', 'new Date()', 'Math.random()', 'Math.pow(2, 3)', 'Math.sin(1)', 'fetch("x")', 'setTimeout(() => 1)', 'process.env', 'eval("1")', 'new Function("")', 'Promise.resolve()', '"a".localeCompare("b")'])(
    'fails at %s',
    (code) => {
      const realm = createContext({}, { codeGeneration: { strings: false, wasm: false } });
      runInContext(poison(), realm);
      expect(() => runInContext(code, realm) as unknown).toThrow();
    },
  );

  test('fails when code is made from text by other ways than the names', () => {
    const realm = createContext({}, { codeGeneration: { strings: false, wasm: false } });
    runInContext(poison(), realm);
    expect(() => runInContext('(() => 1).constructor("return 1")()', realm) as unknown).toThrow();
  });
});
