import { chmodSync, writeFileSync } from 'node:fs';
import { spawn } from 'node:child_process';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { directory, ended, EXECUTABLE, rtfs, shell, shown, start } from './rtfs.ts';

describe('a plan', () => {
  const cwd = directory({
    'plan.rtfs': '(def n 20)\n(* 2 (inc n))',
    'args.rtfs': '[*args* *input*]',
    'nil.rtfs': 'nil',
    'empty.rtfs': '; nothing here\n',
  });

  test.each([
    ['named after run', ['run', 'plan.rtfs'], '', '42\n'],
    ['named without a command', ['plan.rtfs'], '', '42\n'],
    ['given as text', ['-e', '(+ 1 2)'], '', '3\n'],
    ['given in several texts', ['-e', '(def a 1)', '-e', '(+ a 1)'], '', '2\n'],
    ['read from standard input', ['-'], '(str "a" 1)', '"a1"\n'],
    ['read from standard input because nothing is said', [], '[1 2]', '[1 2]\n'],
    ['that gives nil', ['nil.rtfs'], '', ''],
    ['without forms', ['empty.rtfs'], '', ''],
  ])('%s runs, and its value is printed', async (_what, args, input, out) => {
    expect(await rtfs(args, { cwd, input })).toEqual({ code: 0, signal: null, out, err: '' });
  });

  test.each([
    [['args.rtfs', 'a', 'b c'], '[["a" "b c"] nil]\n'],
    [['args.rtfs'], '[[] nil]\n'],
    [['run', 'args.rtfs', '--', '--json', '-x'], '[["--json" "-x"] nil]\n'],
    [['-e', '*args*', 'x', 'y'], '["x" "y"]\n'],
  ])('called with %j finds its arguments', async (args, out) => {
    expect(await rtfs(args, { cwd })).toMatchObject({ code: 0, out });
  });
});

describe('input', () => {
  const cwd = directory({
    'data.json': '\ufeff{"n": 12345678901234567890, "xs": [1, 2.0, null], "__proto__": 1}',
    'data.edn': '; a comment\n{:name "Ann" :tags #{:a}}',
    'data.txt': '[1]',
    'bad.json': '{"a": 1,}',
    'bad.edn': '{:a}',
    'two.rtfs': '1 2',
    'bytes.json': '"ab"',
  });
  writeFileSync(join(cwd, 'bytes.json'), Buffer.from([0x22, 0xff, 0x22]));

  test.each([
    ['data.json', '{"__proto__" 1 "n" 12345678901234567890 "xs" [1 2.0 nil]}\n'],
    ['data.edn', '{:name "Ann" :tags #{:a}}\n'],
    ['data.txt', '[1]\n'],
  ])('from %s is the value of *input*', async (file, out) => {
    expect(await rtfs(['-e', '*input*', '--input', file], { cwd })).toEqual({ code: 0, signal: null, out, err: '' });
  });

  test('may come from standard input', async () => {
    expect(await rtfs(['-e', '(get *input* "a")', '--input', '-'], { input: '{"a": [true]}' })).toMatchObject({ code: 0, out: '[true]\n' });
  });

  test.each([
    ['bad.json', 'error[E0503]'],
    ['bad.edn', 'error[E0109]'],
    ['two.rtfs', 'error[E0120]'],
    ['bytes.json', 'error[E0501]: cannot read bytes.json: not valid UTF-8 (byte 0xff at offset 1)'],
    ['none.json', 'error[E0501]: cannot read none.json: there is no such file'],
    ['.', 'error[E0501]: cannot read .: it is a directory'],
  ])('from %s is refused', async (file, message) => {
    const { code, out, err } = await rtfs(['-e', '*input*', '--input', file], { cwd });
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toContain(message);
  });
});

describe('modules', () => {
  const cwd = directory({
    'app/main.rtfs': '(import util.text :as t) (import shared) (t/shout (shared/word))',
    'app/util/text.rtfs': '(import util.marks) (defn shout [s] (str (upper-case s) util.marks/end))',
    'app/util/util/marks.rtfs': '(def end "!")',
    'lib/shared.rtfs': '(defn word [] "hi")',
  });

  test('are found beside the file that imports them, and in the given paths', async () => {
    expect(await rtfs(['app/main.rtfs', '--path', 'lib'], { cwd })).toMatchObject({ code: 0, out: '"HI!"\n' });
  });

  test('that are nowhere make the program invalid', async () => {
    const { code, err } = await rtfs(['app/main.rtfs'], { cwd });
    expect(code).toBe(4);
    expect(err).toContain('error[E0212]: module `shared` was not found');
  });

  test.each(['../lib.shared', '/etc.passwd', 'a..b', 'a/b'])('are not looked for outside: %s', async (name) => {
    expect(await rtfs(['-e', `(import ${name})`], { cwd })).toMatchObject({ code: 4, out: '' });
  });
});

describe('the exit code', () => {
  const cwd = directory({ 'data/a.txt': 'text' });
  test.each([
    ['0 when the plan completes', ['-e', '1'], 0],
    ['1 when the plan fails', ['-e', '(/ 1 0)'], 1],
    ['1 for an error of its own', ['-e', '(throw {:type :my/error})'], 1],
    ['2 for an option that does not exist', ['run', '--jason', '-e', '1'], 2],
    ['2 for a file that does not exist', ['none.rtfs'], 2],
    ['2 for a grant that makes no sense', ['-e', '1', '--allow', 'fs.raed=x'], 2],
    ['2 for a limit that makes no sense', ['-e', '1', '--limit', 'fuel=lots'], 2],
    ['4 for text that cannot be read', ['-e', '(+ 1'], 4],
    ['4 for a name that means nothing', ['-e', '(undefined-thing)'], 4],
    ['4 for a malformed form', ['-e', '(let [x] x)'], 4],
    ['5 for a call that is denied', ['-e', '(read-file "data/a.txt")'], 5],
    ['6 when fuel is used up', ['-e', '(loop [] (recur))', '--limit', 'fuel=10_000'], 6],
    ['6 when the recursion is too deep', ['-e', '(defn f [n] (+ 1 (f n))) (f 1)', '--limit', 'depth=1e3'], 6],
    ['6 when a number gets too long', ['-e', '(reduce * 1 (repeat 1000 10))', '--limit', 'integer-digits=100'], 6],
    ['6 when a step has gone round as often as it may', ['-e', '(step-loop :max-iterations 3 true 1)'], 6],
  ])('is %s', async (_what, args, code) => {
    const result = await rtfs(args, { cwd });
    expect(result.code).toBe(code);
    expect(result.out === '').toBe(code !== 0);
    expect(result.err === '').toBe(code === 0);
  });
});

describe('a limit that is reached', () => {
  test.each([
    ['of the run', ['-e', '(step-loop true 1)', '--limit', 'iterations=3'], '--limit iterations=…'],
    ['of the step', ['-e', '(step-loop :max-iterations 3 true 1)'], 'a larger `:max-iterations` of the step'],
  ])('%s says how to raise it, and where it was', async (_what, args, advice) => {
    const { err } = await rtfs(args);
    expect(err).toContain(advice);
    expect(err).toContain('<expression>:1:1');
  });
});

describe('a denied call', () => {
  const cwd = directory({ 'data/a.txt': 'text' });
  test('says which grant allows it, and that grant does', async () => {
    const denied = await rtfs(['-e', '(read-file "data/a.txt")'], { cwd });
    expect(denied.err).toContain('--allow fs.read=data');
    expect(await rtfs(['-e', '(read-file "data/a.txt")', '--allow', 'fs.read=data'], { cwd })).toMatchObject({ code: 0, out: '"text"\n' });
  });

  test('may be caught by the plan', async () => {
    expect(await rtfs(['-e', '(try (read-file "a") (catch :error/security e :denied))'], { cwd })).toMatchObject({ code: 0, out: ':denied\n' });
  });
});

describe('--json', () => {
  const json = async (args: readonly string[], code: number): Promise<unknown> => {
    const result = await rtfs(['run', '--json', ...args]);
    expect(result).toMatchObject({ code });
    expect(result.out.endsWith('}\n')).toBe(true);
    return JSON.parse(result.out);
  };

  test('gives the value as text and as JSON', async () => {
    expect(await json(['-e', '{:a [1 2.5 nil :k] "b" #{1}}'], 0)).toEqual({
      status: 'complete', value: '{"b" #{1} :a [1 2.5 nil :k]}', json: { a: [1, 2.5, null, 'k'], b: [1] }, error: null, diagnostics: [],
    });
  });

  test('has no JSON for a function, and null for nil', async () => {
    expect(await json(['-e', '[inc]'], 0)).toMatchObject({ value: '[#<fn inc>]', json: null });
    expect(await json(['-e', 'nil'], 0)).toMatchObject({ status: 'complete', value: 'nil', json: null });
  });

  test('gives the error of a failed plan with its place, stack and data', async () => {
    expect(await json(['-e', '(defn f [x]\n  (throw (ex-info "no" {:x x})))\n[(f 7)]'], 1)).toMatchObject({
      status: 'failed',
      value: null,
      json: null,
      error: {
        code: 'E0421', kind: 'user', message: 'no', data: { x: 7 },
        span: { file: '<expression>', start: { line: 2, column: 3 } },
        stack: [{ function: 'f' }, { function: '<main>', span: { start: { line: 3, column: 2 } } }],
      },
      diagnostics: [],
    });
  });

  test('says what is invalid, all of it', async () => {
    expect(await json(['-e', '(let [x] x) (foo)'], 4)).toMatchObject({
      status: 'invalid', value: null, error: { code: 'E0204', kind: 'syntax', span: { start: { line: 1 } } }, diagnostics: [{ code: 'E0204' }, { code: 'E0201' }],
    });
  });

  test.each([
    [['none.rtfs'], 'E0501'],
    [['-e', '1', '--limit', 'feul=1'], 'E0502'],
    [['-e', '1', '--nonsense'], 'E0502'],
  ])('answers %j with a document too', async (args, code) => {
    expect(await json(args, 2)).toMatchObject({ status: 'invalid', error: { code } });
  });

  test('leaves the output to the document: what the plan prints goes to the other stream', async () => {
    const { out, err } = await rtfs(['--json', '-e', '(println "hello") 1']);
    expect(err).toBe('hello\n');
    expect(JSON.parse(out)).toMatchObject({ status: 'complete', value: '1' });
  });

  test('keeps integers of any size exact', async () => {
    const { out } = await rtfs(['--json', '-e', '(* 100000000000 100000000000)']);
    expect(out).toContain('"json":10000000000000000000000');
  });
});

test.each([
  [['run', '--tier', 'quick', '-e', '1'], "option '--tier <tier>' argument 'quick' is invalid. Allowed choices are machine, compiled, auto.", 'run'],
  [['--tier', 'quick', '-e', '1'], "option '--tier <tier>' argument 'quick' is invalid. Allowed choices are machine, compiled, auto.", 'run'],
  [['metrics', '--format', 'xml'], "option '--format <format>' argument 'xml' is invalid. Allowed choices are prometheus, otlp, json.", 'metrics'],
  [['log'], "missing required argument 'run'", 'log'],
])('%j is refused with a word on where there is help', async (args, message, command) => {
  expect(await rtfs(args)).toMatchObject({ code: 2, out: '', err: `error[E0502]: ${message}\n  = help: see \`rtfs help ${command}\`\n` });
});

test('a warning is shown and does not fail the plan', async () => {
  const result = await rtfs(['-e', '(defn f [x] x) (if false (f 1 2) :fine)']);
  expect(result).toMatchObject({ code: 0, out: ':fine\n' });
  expect(result.err).toContain('warning[W0602]');
});

describe('colours', () => {
  const failing = ['-e', '(/ 1 0)'];
  test.each([
    ['are not used on a pipe', failing, {}, false],
    ['are used when they are asked for', [...failing, '--color', 'always'], {}, true],
    ['are used when FORCE_COLOR is set', failing, { FORCE_COLOR: '1' }, true],
    ['are not used when FORCE_COLOR is 0', failing, { FORCE_COLOR: '0' }, false],
    ['are not used when NO_COLOR is set, whatever FORCE_COLOR is', failing, { FORCE_COLOR: '1', NO_COLOR: '1' }, false],
    ['are used when asked for, whatever NO_COLOR is', [...failing, '--color=always'], { NO_COLOR: '1' }, true],
    ['are not used when that is asked for', [...failing, '--color=never'], { FORCE_COLOR: '1' }, false],
  ])('%s', async (_what, args, env, coloured) => {
    const { err } = await rtfs(args, { env });
    expect(err.includes('\u001b[')).toBe(coloured);
    expect(err).toContain('Division by zero');
  });
});

describe('large output', () => {
  test('reaches a pipe whole', async () => {
    const { code, out } = await rtfs(['-e', '(vec (range 300000))']);
    expect(code).toBe(0);
    expect(out.length).toBe('[]\n'.length + Array.from({ length: 300_000 }, (_, i) => String(i)).join(' ').length);
    expect(out.endsWith(' 299998 299999]\n')).toBe(true);
  });

  test('that the plan prints reaches a pipe whole', async () => {
    const { code, out } = await rtfs(['-e', '(dotimes [i 300] (println (join (repeat 1000 "x")))) nil']);
    expect(code).toBe(0);
    expect(out).toBe(`${'x'.repeat(1000)}\n`.repeat(300));
  });

  test('that nobody reads to its end is no error to speak of', async () => {
    expect(await shell(`rtfs -e '(vec (range 300000))' | head -c 5`)).toEqual({ code: 0, signal: null, out: '[0 1 ', err: '' });
    expect(await shell(`rtfs -e '(loop [] (println "line of text") (recur))' | head -n 1`)).toEqual({ code: 0, signal: null, out: 'line of text\n', err: '' });
  });
});

describe('Ctrl-C', () => {
  test.each([
    ['an endless loop', '(println "ready") (loop [i 0] (recur (inc i)))'],
    ['a wait', '(println "ready") (sleep 100000000)'],
    ['a question', '(println "ready") (call :user.ask "name")'],
  ])('ends %s', async (_what, plan) => {
    const child = start(['-e', plan, '--allow', 'all']);
    const end = ended(child);
    await shown(child.stdout, 'ready\n');
    child.kill('SIGINT');
    expect(await end).toMatchObject({ code: 130, signal: null, out: 'ready\n', err: expect.stringContaining('interrupted\n') as string });
  });

  test('still gives a document with --json', async () => {
    const child = start(['--json', '-e', '(println "ready") (loop [i 0] (recur (inc i)))']);
    const end = ended(child);
    await shown(child.stderr, 'ready\n');
    child.kill('SIGINT');
    const { code, out } = await end;
    expect(code).toBe(130);
    expect(JSON.parse(out)).toMatchObject({ status: 'failed', error: { kind: 'cancelled' } });
  });
});

describe('a script', () => {
  const cwd = directory({
    'script': `#!/usr/bin/env rtfs\n(str "hello " (first *args*))\n`,
    'strict': `#!/usr/bin/env -S rtfs run --\n*args*\n`,
    'bin/rtfs': `#!/bin/sh\nexec '${process.execPath}' '${EXECUTABLE}' "$@"\n`,
  });
  for (const name of ['script', 'strict', 'bin/rtfs']) chmodSync(join(cwd, name), 0o755);
  const call = (name: string, args: readonly string[]): ReturnType<typeof ended> =>
    ended(spawn(join(cwd, name), args, { env: { PATH: `${join(cwd, 'bin')}:${dirname(process.execPath)}:${process.env['PATH']}` } }));

  test('with a first line for the system runs by its name', async () => {
    expect(await call('script', ['Ann'])).toEqual({ code: 0, signal: null, out: '"hello Ann"\n', err: '' });
  });

  test('gets every argument when its first line ends in --', async () => {
    expect(await call('strict', ['--json', '-e', 'x'])).toMatchObject({ code: 0, out: '["--json" "-e" "x"]\n' });
  });
});

test('a plan that uses up the memory fails, and says so', async () => {
  const child = spawn(process.execPath, ['--max-old-space-size=128', EXECUTABLE, '-e', '(loop [xs nil] (recur (cons (str "item " (count xs)) xs)))']);
  child.stdin.end();
  const { code, err } = await ended(child);
  expect(code).toBe(6);
  expect(err).toContain('Memory used up');
});

describe('how code runs', () => {
  const program = '(defn fib [n] (if (< n 2) n (+ (fib (- n 1)) (fib (- n 2))))) (fib 20)';

  test.each(['machine', 'compiled', 'auto'])('is said by --tier %s, and makes no difference', async (tier) => {
    expect(await rtfs(['run', '--tier', tier, '-e', program])).toEqual({ code: 0, signal: null, out: '6765\n', err: '' });
  });

  test('is one of three', async () => {
    const { code, err } = await rtfs(['run', '--tier', 'quick', '-e', '1']);
    expect(code).toBe(2);
    expect(err).toContain('quick');
  });

  test('is shown by `rtfs stats`, with what it took', async () => {
    const stats = async (tier: string): Promise<Record<string, unknown>> => JSON.parse((await rtfs(['stats', '--tier', tier, '--json', '-e', program])).out) as Record<string, unknown>;
    const [machine, compiled] = [await stats('machine'), await stats('compiled')];
    // fib is called 21,891 times.
    expect(machine).toMatchObject({ status: 'complete', tier: 'machine', calls: 0, 'compiled-functions': 0 });
    expect(machine['fuel']).toBe(21_891);
    expect(compiled).toMatchObject({ status: 'complete', tier: 'compiled', fuel: machine['fuel'], allocation: machine['allocation'], 'compiled-functions': 1 });
  });

  test('of a plan that fails, the failure is shown too', async () => {
    const { code, out, err } = await rtfs(['stats', '-e', '(/ 1 0)']);
    expect(code).toBe(1);
    expect(out).toContain('failed');
    expect(err).toContain('Division by zero');
  });
});
