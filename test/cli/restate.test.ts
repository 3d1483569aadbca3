/** The page about Restate, executed: its commands and its program, with a real server and a worker of the command line. */
import { type ChildProcessWithoutNullStreams, execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { transformSync } from 'esbuild';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openRestateServer, type RestateServer } from '../support/restate.ts';
import { directory, ended, rtfs, shell, start } from './rtfs.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const PAGE = readFileSync(join(ROOT, 'docs/restate.md'), 'utf8');

let server: RestateServer;
let worker: ChildProcessWithoutNullStreams;
let env: Readonly<Record<string, string>>;

/** A worker on any port that is free; resolves when it drives runs. */
async function beginWorker(...more: readonly string[]): Promise<ChildProcessWithoutNullStreams> {
  const child = start(['drive', '--port', '0', '--allow', 'user.ask', '--allow', 'time', ...more], { env });
  let said = '';
  await new Promise<void>((resolve, reject) => {
    child.stderr.on('data', (text: Buffer) => {
      said += text.toString();
      if (said.includes('driving runs of')) resolve();
    });
    child.once('exit', () => reject(new Error(said)));
  });
  return child;
}

beforeAll(async () => {
  server = await openRestateServer();
  env = { RTFS_RESTATE: server.address.admin };
  worker = await beginWorker();
});
afterAll(async () => {
  worker.kill('SIGKILL');
  await server.close();
});

function blocksOf(language: string): string[] {
  return [...PAGE.matchAll(new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\`$`, 'gm'))].map((match) => match[1]!);
}

describe('the page', () => {
  const sessions = blocksOf('console').flatMap((block) => block.split(/^\$ /m).slice(1)).map((part) => {
    const [command = '', ...output] = part.trimEnd().split('\n');
    return [command, output.join('\n')] as const;
  });

  test.each(sessions)('%s', async (command, output) => {
    const { out, err } = await shell(`{ ${command}\n} 2>&1`, { cwd: ROOT, env });
    // A plan's hash is another one whenever the library is.
    const plainly = (text: string): string => text.replace(/\b[0-9a-f]{64}\b/g, 'HASH');
    expect(plainly(`${out}${err}`.trimEnd())).toBe(plainly(output));
  });

  test('its program prints what it says', async () => {
    mkdirSync(join(ROOT, 'dist'), { recursive: true });
    const folder = mkdtempSync(join(ROOT, 'dist/.restate-'));
    try {
      const code = blocksOf('ts').join('\n');
      const file = join(folder, 'page.mjs');
      writeFileSync(file, transformSync(code, { loader: 'ts', format: 'esm' }).code);
      const { stdout } = await promisify(execFile)(process.execPath, [file], { env: { ...process.env, ...env } });
      expect(stdout.trimEnd().split('\n')).toEqual([...code.matchAll(/^\/\/ → (.*)$/gm)].map((match) => match[1]!));
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
    // The program has registered its own worker, which is gone now.
    worker.kill('SIGTERM');
    await ended(worker);
    worker = await beginWorker();
  });
});

describe('commands', () => {
  const cwd = directory({ 'plan.rtfs': '(do (call :time.sleep 1) [*input* *args* (call :user.ask "Well?")])', 'bad.rtfs': '(foo', 'data.json': '{"n": 1}' });

  test('give a run its input and arguments, and answer with values as JSON', async () => {
    await rtfs(['deploy', 'plan.rtfs', '--name', 'with data'], { cwd, env });
    const { code, out } = await rtfs(['start', 'with data', 'a', 'b', '--id', 'data-1', '--input', 'data.json', '--wait', '--json'], { cwd, env });
    expect(code).toBe(3);
    expect(JSON.parse(out)).toMatchObject({ status: 'paused', run: 'data-1', waits: [{ call: '2', kind: 'person', question: 'Well?' }] });
    const answered = await rtfs(['answer', 'data', '2', 'fine', '--restate', '--json'], { cwd, env });
    expect(answered.code).toBe(0);
    expect(JSON.parse(answered.out)).toMatchObject({ status: 'complete', value: '[{"n" 1} ["a" "b"] "fine"]' });
    expect(JSON.parse((await rtfs(['runs', '--restate', '--json', '--status', 'complete'], { env })).out)).toContainEqual(expect.objectContaining({ run: 'data-1', name: 'with data', status: 'complete', answered: 2 }));
  });

  test('a cancelled run tells why it failed', async () => {
    await rtfs(['start', 'with data', '--id', 'stop-1', '--wait'], { env });
    const { code, err } = await rtfs(['cancel', 'stop-1', '--restate', '--reason', 'no need'], { env });
    expect([code, err.includes('Cancelled: no need')]).toEqual([1, true]);
    expect(await rtfs(['answer', 'stop-1', '2', 'x', '--restate'], { env })).toMatchObject({ code: 2, err: expect.stringContaining('the run stop-1 is over: it is cancelled') as string });
  });

  test.each([
    [['start', 'unknown'], 2, 'no plan unknown is deployed'],
    [['start', 'with data', '--id', 'data-1'], 2, 'there is a run data-1 already'],
    [['status', 'unknown'], 2, 'there is no run unknown'],
    [['answer', 'data-2', '9', 'x', '--restate'], 2, 'there is no run data-2'],
    [['deploy', 'bad.rtfs'], 4, 'error'],
    [['deploy', 'gone.rtfs'], 2, 'gone.rtfs'],
    [['status', 'x', '--restate', 'http://127.0.0.1:1'], 2, 'cannot be reached at http://127.0.0.1:1'],
    [['status', 'x', '--restate', 'nowhere'], 2, 'nowhere is no address'],
    [['drive', '--port', 'x'], 2, '--port cannot be x'],
    [['drive', '--segment', '0'], 2, '--segment cannot be 0'],
  ])('%j: refused with %d', async (args, code, message) => {
    expect(await rtfs(args, { cwd, env })).toMatchObject({ code, err: expect.stringContaining(message) as string });
  });
});

test('what a plan may do is said where it is driven', async () => {
  const cwd = directory({ 'denied.rtfs': '(call :env.get "HOME")' });
  await rtfs(['deploy', 'denied.rtfs'], { cwd, env });
  const { code, err } = await rtfs(['start', 'denied', '--wait'], { cwd, env });
  expect([code, err.includes('not allowed')]).toEqual([5, true]);
});

test('what a run has used of its budget is in its status', async () => {
  worker.kill('SIGTERM');
  await ended(worker);
  worker = await beginWorker('--budget', 'calls=5');
  const cwd = directory({ 'asks.rtfs': '(do (call :time.now) (call :user.ask "Well?"))' });
  await rtfs(['deploy', 'asks.rtfs'], { cwd, env });
  await rtfs(['start', 'asks', '--id', 'asks-1', '--wait'], { cwd, env });
  // The question has not been answered, so it has not cost anything yet.
  const { code, err } = await rtfs(['status', 'asks-1'], { env });
  expect([code, err]).toEqual([3, expect.stringMatching(/^used: calls 1 of 5\b/m)]);
});

test('the moments of a run can be looked at, and why something was denied', async () => {
  const cwd = directory({ 'home.rtfs': '(try (call :env.get "HOME") (catch e "kept"))' });
  await rtfs(['deploy', 'home.rtfs'], { cwd, env });
  await rtfs(['start', 'home', '--id', 'home-1', '--wait'], { cwd, env });
  expect((await rtfs(['log', 'home-1', '--restate', '--kind', 'call-answered'], { env })).out).toContain('error: Security violation');
  expect(await rtfs(['replay', 'home-1', '--restate', '--json'], { env })).toMatchObject({ code: 0, out: expect.stringContaining('"status":"identical"') as string });
  const denials = await rtfs(['why-denied', 'home-1', '--restate'], { env });
  expect(denials).toMatchObject({ code: 0, out: ':env.get was denied (call 1)\n  grant: the name "HOME" is not granted\n    decided by --allow\n    to allow it: --allow env.get=HOME\n' });
  expect(JSON.parse((await rtfs(['why-denied', 'home-1', '--restate', '--json'], { env })).out)).toMatchObject([{ call: '1', capability: 'env.get' }]);
  expect(await rtfs(['log', 'no-such', '--restate'], { env })).toMatchObject({ code: 2, err: expect.stringContaining('there is no run no-such') as string });
});

describe('a run with steps', () => {
  const cwd = directory({ 'steps.rtfs': '(step "all" (context/set :k 1) (let [much (step "ask" (context/set :asked true) (call :user.ask "How much?"))] (context/set :k much) (str "paid " much)))' });

  beforeAll(async () => {
    await rtfs(['deploy', 'steps.rtfs'], { cwd, env });
    await rtfs(['start', 'steps', '--id', 'steps-1', '--wait'], { cwd, env });
    await rtfs(['answer', 'steps-1', '5', '5', '--restate'], { cwd, env });
  });

  test('is looked at forwards and backwards, and says who wrote what', async () => {
    const commands = ['goto end', 'why :k', 'goto 2', 'why :k', 'inspect :k', 'context', 'break step ask', 'goto 0', 'continue', 'back'];
    const { code, out } = await rtfs(['debug', 'steps-1', '--restate'], { cwd, env, input: `${commands.join('\n')}\n` });
    expect(code).toBe(0);
    expect(out).toContain('complete with "paid 5"');
    expect(out).toMatch(/^:k \(not visible here\) {2}set by step root\/all, event \d+, record \d+$/m);
    expect(out).toMatch(/^:k = 1 {2}set by step root\/all, event 2,/m);
    expect(out).toContain('waits for call 5 (call :user.ask "How much?")');
  });

  test('cannot be forked where it is, and the message says how else', async () => {
    const { code, err } = await rtfs(['debug', 'steps-1', '--restate'], { cwd, env, input: 'fork 5="7"\n' });
    expect(code).toBe(1);
    expect(err).toMatch(/^the run is not in a store: `rtfs fork steps-1 --restate --at \d+` makes a run of it there$/m);
  });

  test('has its past taken into a store, where a fork of it goes on without the server', async () => {
    const at = JSON.parse((await rtfs(['log', 'steps-1', '--restate', '--json', '--kind', 'call-requested'], { cwd, env })).out) as { readonly seq: number };
    const forked = await rtfs(['fork', 'steps-1', '--restate', '--at', String(at.seq), '--answer', '5="7"', '--id', 'mine', '--store', 'runs.db'], { cwd, env });
    expect(forked).toMatchObject({ code: 0, out: '"paid 7"\n', err: `forked: run mine has the past of steps-1 up to record ${at.seq}\n` });
    expect(await rtfs(['replay', 'mine', '--store', 'runs.db'], { cwd })).toMatchObject({ code: 0, out: expect.stringMatching(/^identical/) as string });
    expect((await rtfs(['verify', 'runs.db'], { cwd })).code).toBe(0);
    // What was answered on the server is as it was.
    expect((await rtfs(['status', 'steps-1'], { cwd, env })).out).toBe('"paid 5"\n');
  });

  test('can also wait in the store, for another process', async () => {
    const made = await rtfs(['fork', 'steps-1', '--restate', '--at', '1', '--id', 'later', '--store', 'runs.db', '--no-resume'], { cwd, env });
    expect(made.err).toContain('`rtfs resume later --store runs.db` goes on');
    expect((await rtfs(['resume', 'later', '--store', 'runs.db', '--allow', 'user.ask'], { cwd })).code).toBe(3);
    expect(await rtfs(['answer', 'later', '5', '9', '--store', 'runs.db', '--allow', 'user.ask'], { cwd })).toMatchObject({ code: 0, out: '"paid 9"\n' });
    expect(await rtfs(['fork', 'steps-1', '--restate', '--at', '99', '--store', 'runs.db'], { cwd, env })).toMatchObject({ code: 2, err: expect.stringContaining('`rtfs log steps-1 --restate` numbers the records') as string });
  });
});

test('runs that ended are removed when somebody says since when', async () => {
  expect(await rtfs(['gc', '--restate'], { env })).toMatchObject({ code: 2, err: expect.stringContaining('`--ended-before 30d` removes those') as string });
  expect(JSON.parse((await rtfs(['gc', '--restate', '--ended-before', '2999-01-01', '--json'], { env })).out)).toEqual({ runsRemoved: expect.any(Number) as number });
  expect(await rtfs(['status', 'home-1'], { env })).toMatchObject({ code: 2, err: expect.stringContaining('there is no run home-1') as string });
  // What waits stays.
  expect((await rtfs(['status', 'asks-1'], { env })).code).toBe(3);
});
