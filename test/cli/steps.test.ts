import { describe, expect, test } from 'vitest';
import { expectGolden } from '../support/golden.ts';
import { TestScreen } from '../support/screen.ts';
import { directory, ended, rtfs, shell, shown, start, startInTerminal } from './rtfs.ts';

const QUICK = '(println "hello") (step "trip" (step "hotel" 1) (step "pay" (/ 1 0)))';
const SLOW = '(step "trip" (println "packing") (step "hotel" (call :time.sleep 400)) (println "there") :done)';

type Line = Readonly<Record<string, Readonly<Record<string, unknown>> & { readonly type?: never }>> & { readonly type?: string };

function linesOf(text: string): Line[] {
  expect(text.endsWith('\n')).toBe(true);
  return text.trimEnd().split('\n').map((line) => JSON.parse(line) as Line);
}

describe('--json=stream', () => {
  test('prints events, calls and answers as lines, and the document last', async () => {
    const { code, out, err } = await rtfs(['run', '--json=stream', '-e', QUICK]);
    expect({ code, err }).toEqual({ code: 1, err: 'hello\n' });
    const lines = linesOf(out);
    expect(lines.map((line) => line['event']?.['kind'] ?? Object.keys(line)[0])).toEqual([
      'call', 'answer', 'step-started', 'step-started', 'step-completed', 'step-started', 'step-failed', 'step-failed', 'type',
    ]);
    expect(lines[0]).toEqual({ call: { id: expect.any(String) as string, capability: 'io.println', step: null, allowed: true } });
    expect(lines[1]).toMatchObject({ answer: { capability: 'io.println', ok: true, elapsedMs: expect.any(Number) as number } });
    expect(lines[6]).toMatchObject({ event: { step: 'root/trip/pay', name: 'pay', error: { kind: 'arithmetic', message: 'Division by zero' } } });
  });

  test.each([
    ['a plan that completes', ['-e', '(step "a" 1)'], 0],
    ['a plan that fails', ['-e', '(step "a" (/ 1 0))'], 1],
    ['a plan that is invalid', ['-e', '(let [x] x)'], 4],
    ['a command that is not understood', ['--nonsense'], 2],
  ])('ends with the document of --json for %s', async (_what, args, code) => {
    const stream = await rtfs(['run', '--json=stream', ...args]);
    const plain = await rtfs(['run', '--json', ...args]);
    expect([stream.code, plain.code]).toEqual([code, code]);
    expect(linesOf(stream.out).at(-1)).toEqual({ type: 'result', ...(JSON.parse(plain.out) as object) });
  });

  test('prints each event when it happens', async () => {
    const child = start(['run', '--json=stream', '--allow', 'time', '-e', '(step "a" (call :time.sleep 100000000))']);
    const end = ended(child);
    await shown(child.stdout, '"call"');
    child.kill('SIGINT');
    const { code, out } = await end;
    expect(code).toBe(130);
    expect(linesOf(out).at(-1)).toMatchObject({ type: 'result', status: 'failed', error: { kind: 'cancelled' } });
  });

  test('does not show what calls carry', async () => {
    const { out } = await rtfs(['--json=stream', '-e', '(step "a" (println "secret") (try (read-file "secret") (catch :error/security e 1)))']);
    expect(out).not.toContain('secret');
    expect(out).toContain('"capability":"fs.read"');
  });

  test('may be shown to a person at the same time', async () => {
    const { out, err } = await rtfs(['--json=stream', '--steps', '-e', '(step "a" 1)']);
    expect(linesOf(out)).toHaveLength(3);
    expect(err).toMatch(/^step a started\nstep a completed in \d+ ms\n$/);
  });
});

describe('--steps', () => {
  const plan = ['-e', '(step "trip" (step "hotel" 1) (step "pay" (throw "no")))'];
  const PLAIN = /^step trip started\nstep trip\/hotel started\nstep trip\/hotel completed in \d+ ms\nstep trip\/pay started\nstep trip\/pay failed: .*no.*\nstep trip failed: .*no.*\n/;
  const TREE = /^✗ trip {2}failed after \d+ ms: .*no.*\n├─ ✓ hotel {2}completed in \d+ ms\n└─ ✗ pay {2}failed after \d+ ms: .*no.*\n/;

  test.each([
    ['nothing when it is not asked for', [], /^error/],
    ['plain lines', ['--steps'], PLAIN],
    ['plain lines', ['--steps=plain'], PLAIN],
    ['the tree once, at the end', ['--steps=tree'], TREE],
    ['nothing', ['--steps=none'], /^error/],
  ])('shows %s with %j where there is no terminal', async (_what, options, expected) => {
    const { code, out, err } = await rtfs(['run', ...options, ...plan]);
    expect({ code, out }).toEqual({ code: 1, out: '' });
    expect(err).toMatch(expected);
  });

  test.each(['--steps=grass', '--json=lines'])('has no %s', async (option) => {
    const { code, err } = await rtfs(['run', option, '-e', '1']);
    expect(code).toBe(2);
    expect(err).toContain(`unknown option '${option}'`);
  });
});

describe('in a terminal', () => {
  const size = { columns: 60, rows: 20 };
  const screenOf = (text: string): string => {
    const screen = new TestScreen(size.columns, size.rows);
    screen.write(text);
    return screen.text();
  };
  const run = async (args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<{ code: number | null; out: string }> =>
    ended(startInTerminal(args, size, { env }));

  test('the tree moves while a step takes long, between what the plan prints and its value', async () => {
    const { code, out } = await run(['run', '--allow', 'time', '-e', SLOW]);
    expect(code).toBe(0);
    expect(out).toContain('running 0.2 s');
    expect(screenOf(out)).toMatch(/^packing\nthere\n✓ trip {2}completed in \d+ ms\n└─ ✓ hotel {2}completed in \d+ ms\n:done$/);
    expect(out).toContain('\u001b[32m✓');
  });

  test('quick plans show nothing but what they print', async () => {
    expect(await run(['-e', '(println "hello") (step "a" 1)'])).toMatchObject({ code: 0, out: 'hello\r\n1\r\n' });
  });

  test.each([
    ['--steps=none', ['--steps=none'], {}],
    ['--json', ['--json'], {}],
    ['a terminal that cannot move its cursor', [], { TERM: 'dumb' }],
  ])('there is no tree with %s', async (_what, options, env) => {
    const { out } = await run(['run', ...options, '--allow', 'time', '-e', SLOW], env);
    expect(out).not.toContain('trip');
    expect(out).not.toContain('\u001b');
  });

  test('NO_COLOR is respected', async () => {
    const { out } = await run(['run', '--allow', 'time', '-e', SLOW], { NO_COLOR: '1' });
    expect(out).toContain('✓ hotel');
    expect(out).not.toMatch(/\u001b\[\d*m/);
  });

  test('questions are put where the tree was', async () => {
    const child = startInTerminal(['run', '--allow', 'all', '-e', '(step "ask" (call :time.sleep 300) (str "hello " (call :user.ask "Name? ")))'], size);
    const end = ended(child);
    await shown(child.stdout, 'Name? ');
    child.stdin.write('Ann\n');
    const { code, out } = await end;
    expect(code).toBe(0);
    expect(screenOf(out)).toMatch(/^Name\? Ann\n✓ ask {2}completed in \d+(\.\d)? m?s\n"hello Ann"$/);
  });

  test('Ctrl-C leaves the tree as it was, and the cursor below it', async () => {
    const child = startInTerminal(['run', '--allow', 'time', '-e', '(step "trip" (println "packing") (call :time.sleep 100000000))'], size);
    const end = ended(child);
    await shown(child.stdout, 'running 0.3 s');
    child.stdin.write('\u0003');
    const { code, out } = await end;
    expect(code).toBe(130);
    expect(out).not.toContain('\u001b[?25');
    expect(screenOf(out)).toMatch(/^packing\n⊘ trip {2}cancelled after \d+(\.\d)? m?s\ninterrupted$/);
  });
});

describe('ctx tree', () => {
  const stream = (lines: readonly string[]): string => `${lines.join('\n')}\n`;
  const started = '{"event":{"kind":"step-started","at":"1","step":"root/a","name":"a","form":"step","parent":"root","isolation":"isolated","declared":{}}}';
  const cwd = directory({ 'empty.jsonl': '\n', 'text.txt': 'hello\n' });

  test('prints the contexts of a run that it is given', async () => {
    const { code, out, err } = await shell(`rtfs --json=stream -e '(step "trip" (step "hotel" 1) (step "hotel" 2))' | rtfs ctx tree -`);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out).toBe('root  run · completed\n└─ trip  step · inherit · completed\n   ├─ hotel  step · inherit · completed\n   └─ hotel#1  step · inherit · completed\n');
  });

  test('takes a stream that was cut', async () => {
    expect(await rtfs(['ctx', 'tree', '-'], { input: started })).toMatchObject({ code: 0, out: 'root  run · open\n└─ a  step · isolated · open\n' });
  });

  test.each([
    ['hello', 'line 2 is no event: it is not JSON'],
    ['[1]', 'line 2 is no event: it is JSON, but no object'],
    ['{}', 'line 2 is no event: it is neither'],
    ['{"event":1}', 'line 2 is no event: its `event` is no object'],
    ['{"event":{"kind":"step-begun","at":"1","step":"root"}}', 'line 2 is no event: there is no kind of event `step-begun`'],
    ['{"event":{"kind":"step-completed","at":"x","step":"root/a","name":"a"}}', 'line 2 is no event: the event has no position `at`'],
    ['{"event":{"kind":"merged","at":"2","step":"root/a"}}', 'line 2 is no event: the event `merged` has no `into`'],
    ['{"type":"result","status":"complete"}\n{"call":{}}', 'line 3 is no event: it stands after the result'],
  ])('refuses the line %s', async (line, message) => {
    const { code, out, err } = await rtfs(['ctx', 'tree', '-'], { input: stream([started, line]) });
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toContain(`error[E0507]: ${message}`);
  });

  test.each([
    [['none.jsonl'], 'cannot read none.jsonl: there is no such file'],
    [['empty.jsonl'], 'there are no events in empty.jsonl'],
    [['text.txt'], 'line 1 is no event'],
  ])('refuses %j', async (args, message) => {
    const { code, err } = await rtfs(['ctx', 'tree', ...args], { cwd });
    expect(code).toBe(2);
    expect(err).toContain(message);
    const { out } = await rtfs(['ctx', 'tree', '--json', ...args], { cwd });
    expect(JSON.parse(out)).toMatchObject({ contexts: null, diagnostics: [{ message: expect.stringContaining(message) as string }] });
  });

  test('asks what to look at', async () => {
    expect(await rtfs(['ctx'])).toMatchObject({ code: 2, err: expect.stringContaining('rtfs ctx tree FILE') as string });
  });
});

describe('a plan with everything that steps can do', () => {
  const cwd = directory({
    'booking.rtfs': `
(context/set :user "ann")
(step "trip" :merge-policy :overwrite
  (step "flight" :compensate (println "undo flight") 1)
  (step-parallel :name "rooms"
    (context/set :price 10)
    (do (context/set :price 12) (context/set :hotel "Bellevue")))
  (step-loop :name "poll" [x [1 2 3]] (context/set :n x))
  (step "pay" :retries {:max 1 :backoff-ms 10} :on-fail 7 (throw (ex-info "no money" {})))
  (step "end" (throw (ex-info "out" {}))))`,
  });
  const withoutTimes = (text: string): string => text.replace(/\d+(\.\d)? m?s\b/g, 'N ms');

  test('is shown as plain lines', async () => {
    expectGolden('cli/booking-plain.txt', withoutTimes((await rtfs(['run', '--steps', '--allow', 'time', 'booking.rtfs'], { cwd })).err));
  });

  test('is shown as a tree', async () => {
    expectGolden('cli/booking-tree.txt', withoutTimes((await rtfs(['run', '--steps=tree', '--allow', 'time', 'booking.rtfs'], { cwd })).err));
  });

  test('leaves a tree of contexts', async () => {
    const { out } = await shell('rtfs run --json=stream booking.rtfs | rtfs ctx tree -', { cwd });
    expectGolden('cli/booking-contexts.txt', out);
  });
});
