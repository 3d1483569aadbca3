import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { directory, ended, EXECUTABLE, rtfs, shown, start } from './rtfs.ts';

/** The values that the prompt prints for these lines. */
async function session(lines: readonly string[], args: readonly string[] = [], cwd?: string): Promise<{ out: string[]; err: string }> {
  const { code, out, err } = await rtfs(['repl', ...args], { input: `${lines.join('\n')}\n`, ...(cwd === undefined ? {} : { cwd }) });
  expect(code).toBe(0);
  return { out: out.split('\n').slice(0, -1), err };
}

describe('a prompt', () => {
  test('prints the value of each form, nil too', async () => {
    expect(await session(['(+ 1 2)', 'nil', '1 "two" :three', '; only a comment', '', '#_(ignored) 4'])).toEqual({ out: ['3', 'nil', '1', '"two"', ':three', '4'], err: '' });
  });

  test('waits for brackets and strings to close', async () => {
    expect(await session(['(+ 1', '   2)', '"a', 'b"', '(str "x', ':quit"', ')'])).toEqual({ out: ['3', '"a\\nb"', '"x\\n:quit"'], err: '' });
  });

  test('says what is missing when the input ends within a form', async () => {
    const { out, err } = await session(['1', '(+ 2']);
    expect(out).toEqual(['1']);
    expect(err).toContain('error[E0102]');
  });

  test('keeps the last three values and the last error', async () => {
    const { out } = await session(['1', '2', '3', '[*1 *2 *3]', '(/ 1 0)', '(ex-message *e)', '*2']);
    expect(out).toEqual(['1', '2', '3', '[3 2 1]', '"Division by zero"', '[3 2 1]']);
  });

  test('survives every error', async () => {
    const lines = [
      '(/ 1 0)', '(undefined-thing)', '(let [a 1)', ')', '(throw :x)', '(throw (ex-info "m" {}))', '(call :no.such)', '(read-file "x")', '"\\q"', '(defn f [x x])',
      '(import no.such)', '(recur)', '(1 2)', '(inc "a")', '(defmacro m [x] (/ x 0))', '(m 1)', '@x', '#"re"', '((fn f [n] (+ 1 (f n))) 1)', ':done',
    ];
    const { out, err } = await session(lines, ['--limit', 'depth=10000']);
    expect(out.at(-1)).toBe(':done');
    expect(err.match(/^error\[/gm)!.length).toBeGreaterThanOrEqual(lines.length - 3);
    expect(err).not.toMatch(/at .*\.[cm]?js|TypeError|RangeError/);
  });

  test('points into the lines that were typed', async () => {
    const { err } = await session(['(defn f [x]', '  (inc x))', '(defn g [x] [(f x)])', '[(g :a)]']);
    expect(err).toContain(' --> <input 1>:2:3\n');
    expect(err).toContain('  at g (<input 2>:1:14)\n  at <main> (<input 3>:1:2)\n');
  });

  test('leaves at :quit and at the end of the input', async () => {
    expect((await session(['1', ':quit', '2'])).out).toEqual(['1']);
    expect((await rtfs(['repl'], { input: '' })).code).toBe(0);
  });
});

describe('definitions', () => {
  test('are seen by their callers when they are made anew', async () => {
    const { out } = await session(['(defn f [x] (* 2 x))', '(defn g [x] (f x))', '(g 5)', '(defn f [x] [x])', '(g 5)']);
    expect(out.filter((line) => !line.startsWith('#<'))).toEqual(['10', '[5]']);
  });

  test('that are computed keep their value, and may use their own old one', async () => {
    const { out } = await session(['(def n (count [1 2 3]))', '(def n (inc n))', '(defn plus [x] (+ n x))', '(def n (* n 10))', '(plus 1)', '(def n 1)', '(plus 1)', '(def n (inc n))', '(plus 1)']);
    expect(out).toEqual(['3', '4', '#<fn plus>', '40', '41', '1', '2', '2', '3']);
  });

  test('happen once: what they print is not printed again', async () => {
    const { out } = await session(['(do (println "effect") (defn f [] 1) (def x (+ 1 1)))', '[(f) x]', '(f)']);
    expect(out).toEqual(['effect', '2', '[1 2]', '1']);
  });

  test('may be macros, made anew too, and definitions that macros make', async () => {
    const { out } = await session([
      '(defmacro unless [t x] `(if ~t nil ~x))', '(defn f [x] (unless x :no))', '(f false)', '(defmacro unless [t x] `(if ~t :yes ~x))', '(f true)',
      '(defmacro constant [name value] `(do (println "making") (defn ~name [] ~value)))', '(constant seven 7)', '(seven)', '(seven)',
    ]);
    expect(out).toEqual(['nil', '#<fn f>', ':no', 'nil', ':yes', 'nil', 'making', '#<fn seven>', '7', '7']);
  });

  test('may be structs, modules and imports', async () => {
    const { out } = await session(['(defstruct P :x int)', '(:x (P {:x 1}))', '(module m (defn f [] :m))', '(import m :as other)', '[(m/f) (other/f)]']);
    expect(out.slice(1)).toEqual(['1', 'nil', 'nil', '[:m :m]']);
  });

  test('that do not compile change nothing', async () => {
    const { out } = await session(['(def a 1)', '(defn a [] (undefined-thing))', 'a', '(do (def a 2) (undefined-thing))', 'a']);
    expect(out).toEqual(['1', '1', '1']);
  });

  test('hold functions that were made before others changed', async () => {
    const { out } = await session(['(def adders (map (fn [n] (fn [x] (+ n x))) [1 2]))', '(defn unrelated [] 1)', '((first adders) 10)', '(map (second adders) [1 2])']);
    expect(out.slice(2)).toEqual(['11', '[3 4]']);
  });

  test('are gone after :reset', async () => {
    const { err } = await session(['(def a 1)', ':reset', 'a']);
    expect(err).toContain('undefined name `a`');
  });
});

describe('commands of the prompt', () => {
  test('show docs, of the library and of own functions', async () => {
    const { out } = await session(['(defn area "Of a circle." [r] r)', ':doc area', '(doc count)', ':doc cuont']);
    expect(out).toContain('(area r)');
    expect(out).toContain('  Of a circle.');
    expect(out).toContain('(count coll)');
  });

  test('leave a function of the name doc alone', async () => {
    expect((await session(['(defn doc [x] [:mine x])', '(doc 1)', '(def n 5)', '(doc n)'])).out.slice(1)).toEqual(['[:mine 1]', '5', '[:mine 5]']);
  });

  test('load files, whose modules lie beside them', async () => {
    const cwd = directory({ 'lib/a.rtfs': '(import helper :as h)\n(defn f [] (h/g))\n(println "loading")', 'lib/helper.rtfs': '(defn g [] :helped)' });
    const { out, err } = await session([':load lib/a.rtfs', '(f)', ':load none.rtfs'], [], cwd);
    expect(out).toEqual(['loading', ':helped']);
    expect(err).toContain('loaded lib/a.rtfs\n');
    expect(err).toContain('cannot read none.rtfs');
    expect((await session(['(f)'], ['lib/a.rtfs'], cwd)).out).toEqual(['loading', ':helped']);
  });

  test('set limits', async () => {
    const { out, err } = await session([':limits fuel=1000', '(loop [] (recur))', ':limits fuel=1e6', '(reduce + (range 1000))', ':limits feul=1']);
    expect(out.filter((line) => /^\s+fuel/.test(line)).map((line) => line.trim().split(/\s+/)[1])).toEqual(['1000', '1000000']);
    expect(out.at(-1)).toBe('499500');
    expect(err).toContain('Resource budget exhausted');
    expect(err).toContain('did you mean fuel?');
  });

  test('are explained by :help, and a keyword is a keyword', async () => {
    const { out } = await session([':help', ':colour']);
    expect(out.some((line) => line.includes(':load FILE'))).toBe(true);
    expect(out.at(-1)).toBe(':colour');
  });
});

test('grants hold for the whole session, and questions are answered by the next line', async () => {
  const { out, err } = await session(['(call :user.ask "name?")', 'Ann', '(str "hello " *1)'], ['--allow', 'user.ask']);
  expect(out).toEqual(['"Ann"', '"hello Ann"']);
  expect(err).toBe('name? ');
});

test('Ctrl-C stops an endless loop, and the session goes on', async () => {
  const child = start(['repl']);
  const end = ended(child);
  child.stdin.write('(def before 5)\n(println "ready")\n(loop [i 0] (recur (inc i)))\n');
  await shown(child.stdout, 'ready\nnil\n');
  // The loop begins when what was printed is out; a signal that comes in between would end the session.
  child.stdin.write('before\n');
  const timer = setInterval(() => child.kill('SIGINT'), 300);
  await shown(child.stdout, '5\n');
  clearInterval(timer);
  child.stdin.end('(+ 1 2)\n');
  const { code, out } = await end;
  expect({ code, out }).toEqual({ code: 0, out: '5\nready\nnil\n5\n3\n' });
});

const SCRIPT = '/usr/bin/script';

describe.skipIf(!existsSync(SCRIPT))('at a terminal', () => {
  const cwd = directory();
  const history = join(cwd, 'history');

  /** What a terminal shows when these keys are pressed, each as soon as the text before it has appeared. */
  async function terminal(keys: readonly (readonly [after: string, keys: string])[]): Promise<string> {
    const command = `'${process.execPath}' '${EXECUTABLE}' repl`;
    const child = spawn(SCRIPT, ['-qec', command, '/dev/null'], { cwd, env: { PATH: process.env['PATH'], TERM: 'xterm', RTFS_HISTORY: history } });
    let seen = '';
    let from = 0;
    const left = [...keys];
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      seen += text;
      for (let next = left[0]; next !== undefined && seen.indexOf(next[0], from) >= 0; next = left[0]) {
        from = seen.indexOf(next[0], from) + next[0].length;
        left.shift();
        child.stdin.write(next[1]);
      }
    });
    const patience = setTimeout(() => child.kill(), 30_000);
    const { code } = await ended(child as ReturnType<typeof start>);
    clearTimeout(patience);
    expect({ code, left, seen: left.length > 0 ? seen : '' }).toEqual({ code: 0, left: [], seen: '' });
    // Without what moves the cursor.
    return seen.replace(/\u001b\[[0-9;]*[A-Za-z]|\r/g, '');
  }

  test('there are prompts, a second one for more lines, and Ctrl-D leaves', async () => {
    const seen = await terminal([['rtfs> ', '(+ 1\r'], ['... ', '2)\r'], ['3', ''], ['rtfs> ', '\u0004']]);
    expect(seen).toContain('RTFS 0');
    expect(seen).toMatch(/rtfs> \(\+ 1\n\s+\.\.\. 2\)\n3\nrtfs> /);
  });

  test('lines are remembered from one session to the next', async () => {
    await terminal([['rtfs> ', '(str "first " "session")\r'], ['"first session"', ''], ['rtfs> ', '\u0004']]);
    expect(readFileSync(history, 'utf8').split('\n')).toContain('(str "first " "session")');
    const seen = await terminal([['rtfs> ', '\u001b[A'], ['"session")', '\r'], ['"first session"', ''], ['rtfs> ', '\u0004']]);
    expect(seen).toContain('"first session"');
  });

  test('Tab completes names, own ones too', async () => {
    const seen = await terminal([['rtfs> ', '(def my-number 5)\r'], ['5\r\n', ''], ['rtfs> ', 'my-n'], ['my-n', '\t'], ['umber', '\r'], ['5\r\n', ''], ['rtfs> ', '(frequenc'], ['frequenc', '\t'], ['ies', ' [1])\r'], ['{1 1}', ''], ['rtfs> ', '\u0004']]);
    expect(seen).toContain('{1 1}');
  });

  test('Ctrl-C stops what runs, and throws away what is being written', async () => {
    const seen = await terminal([
      ['rtfs> ', '(do (println "go") (loop [] (recur)))\r'], ['go\r\n', '\u0003'], ['interrupted', ''], ['rtfs> ', '(let [a\r'], ['... ', '(unfinished'], ['(unfinished', '\u0003'], ['rtfs> ', '(+ 4 5)\r'], ['9', ''], ['rtfs> ', '\u0004'],
    ]);
    expect(seen).toContain('9');
    expect(seen).not.toContain('error');
  });
});
