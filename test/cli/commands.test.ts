import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { expectGolden } from '../support/golden.ts';
import { directory, rtfs, shell } from './rtfs.ts';

describe('check', () => {
  const cwd = directory({
    'good.rtfs': '(defn f [x] x)\n(f *input*)',
    'bad.rtfs': '(foo 1)\n(let [x] x)',
    'warned.rtfs': '(defn f [x] x)\n(when false (f 1 2))',
    'deep/worse.rtfs': '(+ 1',
    'deep/.hidden/no.rtfs': '(nor this',
    'deep/notes.txt': '(nor this',
    'imports-bad.rtfs': '(import bad)\n1',
  });

  test('says nothing but a summary about what is right', async () => {
    expect(await rtfs(['check', 'good.rtfs'], { cwd })).toEqual({ code: 0, signal: null, out: '', err: 'no errors in 1 file\n' });
  });

  test('reports all findings of all files and directories', async () => {
    const { code, out, err } = await rtfs(['check', 'bad.rtfs', 'deep', 'warned.rtfs'], { cwd });
    expect({ code, out }).toEqual({ code: 4, out: '' });
    expectGolden('cli/check.txt', err);
  });

  test('lets warnings pass unless they are denied', async () => {
    expect(await rtfs(['check', 'warned.rtfs'], { cwd })).toMatchObject({ code: 0, err: expect.stringContaining('1 warning in 1 file') as string });
    expect(await rtfs(['check', '--deny-warnings', 'warned.rtfs'], { cwd })).toMatchObject({ code: 4 });
  });

  test('prints a JSON array, with nothing else on either stream', async () => {
    const { code, out, err } = await rtfs(['check', '--json', 'bad.rtfs', 'good.rtfs'], { cwd });
    expect({ code, err }).toEqual({ code: 4, err: '' });
    expect(JSON.parse(out)).toMatchObject([
      { code: 'E0201', severity: 'error', span: { file: 'bad.rtfs', start: { line: 1, column: 2, offset: 1 } } },
      { code: 'E0204', severity: 'error', span: { file: 'bad.rtfs', start: { line: 2 } } },
    ]);
    expect(await rtfs(['check', '--json', 'good.rtfs'], { cwd })).toMatchObject({ code: 0, out: '[]\n' });
  });

  test('shows what is wrong in an imported module once', async () => {
    const { out } = await rtfs(['check', '--json', 'imports-bad.rtfs', 'bad.rtfs'], { cwd });
    expect((JSON.parse(out) as { span: { file: string } }[]).map((one) => one.span.file)).toEqual(['bad.rtfs', 'bad.rtfs']);
  });

  test('checks standard input, and fails on files that are not there', async () => {
    expect(await rtfs(['check', '-'], { input: '(+ 1 2)' })).toMatchObject({ code: 0 });
    expect(await rtfs(['check', 'none.rtfs', 'good.rtfs'], { cwd })).toMatchObject({ code: 2, err: expect.stringContaining('cannot read none.rtfs') as string });
  });

  test('finds all that is wrong with steps in one run, next to errors also what is only suspicious', async () => {
    const input = '(step "a" :isolation :locked 1)\n(step "b" :no-such 1 2)\n(step "c" 1)\n(step "c" 2)\n(step "d" :merge-policy :sideways 3)\n';
    const { code, out } = await rtfs(['check', '--json', '-'], { input });
    expect(code).toBe(4);
    expect(JSON.parse(out)).toMatchObject([
      { code: 'E0219', severity: 'error', span: { start: { line: 1, column: 22 } } },
      { code: 'E0219', severity: 'error', span: { start: { line: 2, column: 11 } } },
      { code: 'W0603', severity: 'warning', span: { start: { line: 4, column: 1 } } },
      { code: 'E0219', severity: 'error', span: { start: { line: 5, column: 25 } } },
    ]);
  });

  test('runs nothing', async () => {
    expect(await rtfs(['check', '-'], { input: '(println "side effect") (loop [] (recur))' })).toMatchObject({ code: 0, out: '' });
  });
});

describe('fmt', () => {
  const UGLY = '; a comment\n(defn  f [x]\n(let [a   1,\nb 2]\n(+ a b x)))   ; another\n';
  const NEAT = '; a comment\n(defn f [x]\n  (let [a 1,\n        b 2]\n    (+ a b x)))   ; another\n';
  const cwd = directory({ 'a.rtfs': UGLY, 'b.rtfs': NEAT, 'bad.rtfs': '(+ 1', 'sub/c.rtfs': UGLY, 'mode.rtfs': UGLY });

  test('filters standard input, and leaves alone what is neat', async () => {
    expect(await rtfs(['fmt', '-'], { input: UGLY })).toEqual({ code: 0, signal: null, out: NEAT, err: '' });
    expect(await rtfs(['fmt', '-'], { input: NEAT })).toMatchObject({ code: 0, out: NEAT });
  });

  test('only lists what is not neat with --check', async () => {
    expect(await rtfs(['fmt', '--check', 'a.rtfs', 'b.rtfs', 'sub'], { cwd })).toEqual({ code: 1, signal: null, out: 'a.rtfs\nsub/c.rtfs\n', err: '' });
    expect(await rtfs(['fmt', '--check', 'b.rtfs'], { cwd })).toEqual({ code: 0, signal: null, out: '', err: '' });
    expect(readFileSync(join(cwd, 'a.rtfs'), 'utf8')).toBe(UGLY);
    expect(await rtfs(['fmt', '--check', '-'], { input: UGLY })).toMatchObject({ code: 1, out: '<stdin>\n' });
  });

  test('writes in place, other files in spite of one that cannot be read', async () => {
    const { code, out, err } = await rtfs(['fmt', 'bad.rtfs', 'mode.rtfs'], { cwd });
    expect({ code, out }).toEqual({ code: 4, out: '' });
    expect(err).toContain('bad.rtfs:1:1');
    expect(readFileSync(join(cwd, 'mode.rtfs'), 'utf8')).toBe(NEAT);
    expect(readFileSync(join(cwd, 'bad.rtfs'), 'utf8')).toBe('(+ 1');
  });

  test('does not touch a file that is neat already', async () => {
    const file = join(cwd, 'untouched.rtfs');
    writeFileSync(file, NEAT);
    const before = statSync(file).mtimeMs;
    await rtfs(['fmt', 'untouched.rtfs'], { cwd });
    expect(statSync(file).mtimeMs).toBe(before);
  });
});

describe('expand', () => {
  const PROGRAM = [
    '(defmacro unless [test & body] `(if ~test nil (do ~@body)))',
    '(defmacro twice [x] `(let [v# ~x] (+ v# v#)))',
    "(defn f [x:int] (unless (neg? x) '(twice 1) (twice (twice x))))",
    '(let [twice (fn [x] [:local x])] (twice 1))',
    '(-> 3 (unless 4) str)',
    '(f 5)',
  ].join('\n');

  test('writes macros out at every level, but not in quotes and not under local names', async () => {
    const { code, out, err } = await rtfs(['expand', '-'], { input: PROGRAM });
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expectGolden('cli/expand.txt', out);
  });

  test('gives a program with the same value', async () => {
    const { out } = await rtfs(['expand', '-'], { input: PROGRAM });
    expect(await rtfs(['-'], { input: out })).toMatchObject({ code: 0, out: '20\n' });
    expect(await rtfs(['-'], { input: PROGRAM })).toMatchObject({ code: 0, out: '20\n' });
  });

  test('reports what is wrong instead', async () => {
    expect(await rtfs(['expand', '-e', '(defmacro m [x] (/ x 0)) (m 1)'])).toMatchObject({ code: 4, out: '', err: expect.stringContaining('E0208') as string });
  });
});

describe('doc', () => {
  test('describes a function, a special form, and what is both', async () => {
    const { code, out } = await rtfs(['doc', 'inc', 'if-not', 'get']);
    expect(code).toBe(0);
    expect(out).toContain('(inc n)\n  function · Arithmetic\n');
    expect(out).toContain('(if-not test then else?)\n  special form · Deciding\n');
    expect(out).toContain('(get key)\n  special form');
    expect(out).toContain('(get coll key default)\n  function');
  });

  test('leads from another name to the function', async () => {
    const { out } = await rtfs(['doc', 'mapv']);
    expect(out).toMatch(/^mapv is another name of map\n\n\(map f coll\)/);
  });

  test('lists all names by group', async () => {
    const { code, out } = await rtfs(['doc']);
    expect(code).toBe(0);
    expect(out).toContain('Deciding (special forms)\n  if if-not');
    expect(out).toMatch(/\nArithmetic\n {2}\+ - \* \//);
  });

  test('suggests a name for one that nobody knows', async () => {
    expect(await rtfs(['doc', 'cuont'])).toEqual({
      code: 2, signal: null, out: '', err: 'error[E0502]: nothing is known about `cuont`\n  = help: did you mean `count`?\n',
    });
  });

  test('reads the docs of a file', async () => {
    const cwd = directory({ 'a.rtfs': '(defn area\n  "The area\n  of a circle."\n  ([r] (* 3 r r))\n  ([r pi] (* pi r r)))\n(def x 1)' });
    expect(await rtfs(['doc', '-f', 'a.rtfs', 'area'], { cwd })).toMatchObject({
      code: 0, out: '(area r)\n(area r pi)\n  function\n\n  The area\n  of a circle.\n',
    });
    expect(await rtfs(['doc', '-f', 'a.rtfs', '--json'], { cwd })).toMatchObject({ code: 0, out: expect.stringContaining('"name":"area","kind":"function","parameters":["[r]","[r pi]"]') as string });
  });
});

describe('test', () => {
  const cwd = directory({
    'good.rtfs': '(def a 1)\n(+ a 1) ;=> 2\n(/ 1 0) ;! arithmetic\n(call :x 1) ;>> (call :x 1)\n            ;<< 5\n            ;=> 5\n',
    'bad.rtfs': ';; # Sums\n\n(+ 1 1) ;=> 3\n(+ 1 1) ;=> 2\n(inc 1) ;! type\n',
    'plain.rtfs': '(+ 1 2)\n',
  });

  test('counts what passed', async () => {
    expect(await rtfs(['test', 'good.rtfs'], { cwd })).toEqual({ code: 0, signal: null, out: '3 passed, 0 failed\n', err: '' });
  });

  test.each(['straight', 'reload', 'quantum', 'reprint', 'all'])('runs every expectation %s', async (mode) => {
    expect(await rtfs(['test', '--mode', mode, 'good.rtfs'], { cwd })).toMatchObject({ code: 0, out: '3 passed, 0 failed\n' });
  });

  test('shows each failure with its place, what was expected and what was found', async () => {
    const { code, out, err } = await rtfs(['test'], { cwd });
    expect({ code, err }).toEqual({ code: 1, err: '' });
    expectGolden('cli/test.txt', out);
  });

  test('says when a file that was named states nothing', async () => {
    expect(await rtfs(['test', 'plain.rtfs'], { cwd })).toEqual({ code: 0, signal: null, out: '0 passed, 0 failed\n', err: 'plain.rtfs states no expectations\n' });
  });

  test('gives JSON', async () => {
    const { code, out } = await rtfs(['test', '--json', 'bad.rtfs'], { cwd });
    expect(code).toBe(1);
    expect(JSON.parse(out)).toMatchObject({ passed: 1, failed: 2, failures: [{ file: 'bad.rtfs', line: 3, section: 'Sums' }, { line: 5 }] });
  });
});

describe('help', () => {
  test.each([
    ['overview', ['--help']],
    ['run', ['run', '--help']],
    ['exit-codes', ['help', 'exit-codes']],
    ['limits', ['help', 'limits']],
    ['budgets', ['help', 'budgets']],
    ['grants', ['help', 'grants']],
    ['why-denied', ['why-denied', '--help']],
    ['scripts', ['help', 'scripts']],
    ['tests', ['help', 'tests']],
    ['ctx-tree', ['ctx', 'tree', '--help']],
    ['cap', ['cap', '--help']],
    ['cap-add', ['cap', 'add', '--help']],
  ])('on %s is on the output', async (name, args) => {
    const { code, out, err } = await rtfs(args);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expectGolden(`cli/help-${name}.txt`, out);
  });

  test('on a command is the same in both ways', async () => {
    expect((await rtfs(['help', 'check'])).out).toBe((await rtfs(['check', '-h'])).out);
  });

  test('shows the version of the package', async () => {
    const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as { version: string };
    expect((await rtfs(['--version'])).out).toBe(`rtfs ${version}\n`);
  });
});

describe('a call that is not understood', () => {
  test.each([
    ['an option', ['run', '--jsno', 'x'], 'unknown option'],
    ['a command', ['chekc', 'x.rtfs'], 'did you mean the command `rtfs check`?'],
    ['a topic', ['help', 'exit-code'], 'did you mean exit-codes?'],
    ['a limit', ['-e', '1', '--limit', 'feul=3'], 'did you mean fuel?'],
    ['a grant', ['-e', '1', '--allow', 'fs.raed=x'], 'Did you mean fs.read'],
    ['a mode', ['test', '--mode', 'strait'], 'straight'],
    ['nothing to run', ['run'], 'name a file'],
    ['two uses of standard input', ['-', '--input', '-'], 'cannot both come from standard input'],
  ])('with a mistake in %s gets a hint', async (_what, args, hint) => {
    const { code, out, err } = await rtfs(args);
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toContain(hint);
    expect(err.startsWith('error[')).toBe(true);
  });

  test('says where the arguments of the plan belong', async () => {
    expect((await rtfs(['-e', '1', '--verbose'])).err).toContain('what the plan itself shall get stands after `--`');
  });
});

test('commands can be chained in a shell', async () => {
  expect(await shell(`rtfs --json -e '[1 2 3]' | rtfs -e '(apply + (get *input* "json"))' --input -`)).toMatchObject({ code: 0, out: '6\n' });
});
