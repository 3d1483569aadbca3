import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { compile } from '../../../src/host/compile.ts';
import type { HostOptions } from '../../../src/host/open.ts';
import { openHost, readGrants } from '../../../src/host/open.ts';
import { run, type RunOptions } from '../../../src/host/run.ts';
import type { MapValue } from '../../../src/value/map.ts';
import { printValue } from '../../../src/value/print.ts';
import { keyword } from '../../../src/value/value.ts';
import { testEnvironment } from '../../support/environment.ts';
import { capability, Held, ManualClock, MemoryConsole, settled, withDirectory } from './support.ts';

const environment = testEnvironment();

function program(text: string) {
  const compilation = compile(environment, { file: '<test>', text });
  if (compilation.program === null) throw new Error(compilation.diagnostics.map((one) => one.message).join('; '));
  return compilation.program;
}

interface Given extends Partial<HostOptions> {
  readonly allow?: readonly string[];
  readonly options?: RunOptions;
}

async function outcome(text: string, given: Given = {}) {
  const baseDirectory = given.baseDirectory ?? '/';
  const grants = readGrants(given.allow ?? [], baseDirectory, given.capabilities?.map((one) => one.id));
  if (!grants.ok) throw new Error(grants.error[0]!.message);
  const host = openHost({ console: new MemoryConsole(), clock: new ManualClock(), ...given, baseDirectory, grants: grants.value });
  return run(program(text), host, given.options);
}

/** The printed value; a failure as its message. */
async function result(text: string, given: Given = {}): Promise<string | null> {
  const ended = await outcome(text, given);
  return ended.kind === 'complete' ? printValue(ended.value) : ended.kind === 'failed' ? `! ${ended.error.message}` : ended.kind;
}

describe('a program on the first host', () => {
  test('reads, works and writes', () =>
    withDirectory(async (baseDirectory) => {
      await writeFile(path.join(baseDirectory, 'in.txt'), 'b\na\nc');
      const text = `(let [lines (split (call :fs.read "in.txt") "\\n")]
                      (call :fs.write "out/sorted.txt" (join "," (sort lines)) {:create-dirs true})
                      (count lines))`;
      expect(await result(text, { baseDirectory, allow: ['fs.read=.', 'fs.write=out'] })).toBe('3');
      expect(await readFile(path.join(baseDirectory, 'out/sorted.txt'), 'utf8')).toBe('a,b,c');
    }));

  test('prints in the order of its calls', async () => {
    const console = new MemoryConsole();
    await result('(do (call :io.print "a" 1) (doseq [x [:b :c]] (call :io.println x)))', { console });
    expect(console.out).toBe('a 1:b\n:c\n');
  });

  test('may catch a refusal, and see which grant it needs', async () => {
    const text = '(try (call :fs.read "data/x") (catch :error/security e [(:grant (:data e)) (:capability (:data e))]))';
    expect(await result(text, { baseDirectory: '/base' })).toBe('["fs.read=data" "fs.read"]');
  });

  test('fails with the refusal when it does not', async () => {
    expect(await result('(call :time.now)')).toBe(
      "! Security violation: call operation on capability 'time.now' not allowed in context: it is not granted (to allow it: --allow time.now)",
    );
  });

  test('may catch a failure of the world', () =>
    withDirectory(async (baseDirectory) => {
      const text = '(try (call :fs.read "none") (catch :error/host e (:code (:data e))))';
      expect(await result(text, { baseDirectory, allow: ['fs=.'] })).toBe('"ENOENT"');
    }));

  test('calls from within the functions of the library', async () => {
    const capabilities = [capability('double', async (args) => Number(args[0]) * 2)];
    const text = '(reduce + (map (fn [x] (call :double x)) (filter (fn [x] (> (call :double x) 2)) [1 2 3])))';
    expect(await result(text, { capabilities, allow: ['double'] })).toBe('10');
  });

  test('may call by the names of the first implementation', async () => {
    const console = new MemoryConsole('Ann');
    expect(await result('(call "ccos.user.ask" "Name?")', { console, allow: ['user.ask'] })).toBe('"Ann"');
  });

  test('makes ten thousand calls in a row', async () => {
    const text = '(loop [i 0 sum 0] (if (= i 10000) sum (recur (inc i) (+ sum (call :one)))))';
    const ended = await outcome(text, { capabilities: [capability('one', async () => 1)], allow: ['one'] });
    expect(ended).toMatchObject({ kind: 'complete', value: 10_000, calls: 10_000 });
  });

  test('gives the same in small goes as in one', async () => {
    const text = '(loop [i 0 sum 0] (if (= i 100) (+ sum (call :one)) (recur (inc i) (+ sum i))))';
    const given = { capabilities: [capability('one', async () => 1)], allow: ['one'] };
    expect(await result(text, { ...given, options: { start: { quantum: 1 } } })).toBe('4951');
    expect(await result(text, given)).toBe('4951');
  });
});

test('a call may have a time limit, and the program catch its end', async () => {
  const clock = new ManualClock();
  const held = new Held();
  const ending = result('(try ^{:timeout-ms 50} (call :held) (catch :error/timeout e (:message e)))', { clock, capabilities: [held.capability], allow: ['held'] });
  await settled();
  await clock.advance(50);
  expect(await ending).toBe('"Timeout: held took longer than 50 ms"');
});

test('a failure points at the call that it answers', async () => {
  const ended = await outcome('(do 1\n  (call :fs.read "x"))');
  if (ended.kind !== 'failed') throw new Error(ended.kind);
  expect((ended.error.span as MapValue).get(keyword('line'))).toBe(2);
});

test('one host serves several runs at once', async () => {
  const held = new Held();
  const grants = readGrants(['held'], '/', ['held']);
  if (!grants.ok) throw new Error('no grants');
  const host = openHost({ grants: grants.value, console: new MemoryConsole(), capabilities: [held.capability] });
  const [first, second] = [run(program('[1 (call :held)]'), host), run(program('(do (call :held "other") 2)'), host)];
  await settled();
  expect(held.started).toHaveLength(2);
  held.answerAll('x');
  expect([await first, await second].map((ended) => (ended.kind === 'complete' ? printValue(ended.value) : ended.kind))).toEqual(['[1 "x"]', '2']);
});

describe('a program that is aborted', () => {
  test('ends although it would run for ever', async () => {
    const abort = new AbortController();
    const ending = outcome('(loop [] (recur))', { options: { signal: abort.signal, start: { quantum: 1000 } } });
    await settled();
    abort.abort();
    expect((await ending).kind).toBe('cancelled');
  });

  test('while it waits leaves a state that waits for the same call', async () => {
    const abort = new AbortController();
    const held = new Held();
    const ending = outcome('(+ 1 (call :held))', { capabilities: [held.capability], allow: ['held'], options: { signal: abort.signal } });
    await settled();
    abort.abort();
    const ended = await ending;
    if (ended.kind !== 'cancelled') throw new Error(ended.kind);
    expect(ended.state.pending.map((one) => [one.id, one.capability])).toEqual([[held.started[0], 'held']]);
  });
});
