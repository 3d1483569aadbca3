/** `rtfs serve` as a process: lines, HTTP, keys in common, clients in other languages. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, describe, expect, test } from 'vitest';
import { runWithWorkers } from '../../src/host/branch/run.ts';
import { compile } from '../../src/host/compile.ts';
import { functionHost } from '../../src/host/function-host.ts';
import { openKeys } from '../../src/host/journal/keys.ts';
import { printValue } from '../../src/value/print.ts';
import { testEnvironment } from '../support/environment.ts';

const ROOT = path.join(import.meta.dirname, '../..');
const RTFS = path.join(ROOT, 'dist/bin/rtfs.js');
const folder = mkdtempSync(path.join(tmpdir(), 'rtfs-serve-'));
const env = { ...process.env, RTFS_HOME: path.join(folder, 'home'), NO_COLOR: '1' };
const running = new Set<ChildProcess>();

interface Server {
  readonly url: string;
  readonly token: string;
  /** At once, as when the machine goes down. */
  readonly kill: () => Promise<void>;
}

async function serve(args: readonly string[], given: string | null = null): Promise<Server> {
  const child = spawn(process.execPath, [RTFS, 'serve', '--http', '0', ...args], { env: given === null ? env : { ...env, RTFS_TOKEN: given }, stdio: ['ignore', 'pipe', 'inherit'] });
  running.add(child);
  let said = '';
  await new Promise<void>((resolve, reject) => {
    child.once('exit', (code) => reject(new Error(`the server ended with ${code}`)));
    child.stdout!.on('data', (bytes: Buffer) => {
      said += bytes.toString('utf8');
      if (said.includes(given === null ? 'the token is' : 'serves at') && said.endsWith('\n')) resolve();
    });
  });
  const kill = (): Promise<void> => new Promise((resolve) => {
    running.delete(child);
    child.removeAllListeners('exit');
    child.once('exit', () => resolve());
    child.kill('SIGKILL');
  });
  return { url: /serves at (\S+)/.exec(said)![1]!, token: given ?? /the token is (\S+)/.exec(said)![1]!, kill };
}

afterEach(() => {
  for (const child of running) child.kill('SIGKILL');
  running.clear();
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function rtfs(args: readonly string[], input = '', more: NodeJS.ProcessEnv = {}): { readonly code: number | null; readonly out: string; readonly error: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, [RTFS, ...args], { env: { ...env, ...more }, input, encoding: 'utf8' });
  return { code: status, out: stdout, error: stderr };
}

const start = (text: string): string => JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'start', params: { source: { text } } });

describe('rtfs serve --stdio', () => {
  test('answers line by line and ends with its input', () => {
    const { code, out, error } = rtfs(['serve', '--stdio'], `${start('(+ 1 2)')}\nno JSON\n`);
    expect([code, error]).toEqual([0, '']);
    expect(out.trimEnd().split('\n').map((line) => JSON.parse(line) as unknown)).toMatchObject([{ id: 1, result: { outcome: { value: 3 } } }, { id: null, error: { code: -32700 } }]);
  });

  test('allows runs no more than it is told', () => {
    const { out } = rtfs(['serve', '--stdio', '--limit', 'fuel=1000'], start('(loop [] (recur))'));
    expect(JSON.parse(out)).toMatchObject({ result: { outcome: { kind: 'failed', error: { kind: 'budget' } } } });
  });
});

describe('rtfs serve', () => {
  test.each<[readonly string[], string]>([
    [[], '--stdio or --http PORT says how\n  = help: `rtfs serve --stdio` for a client'],
    [['--stdio', '--http', '1'], '--stdio and --http exclude each other\n  = help: one process serves one of them: leave one out'],
    [['--http', '70000'], '`70000` is no port'],
    [['--stdio', '--token-file', 'x'], 'belong to --http'],
    [['--http', '0', '--token-file', 'nowhere/token'], 'cannot read the file nowhere/token (ENOENT)'],
    [['--stdio', '--limit', 'fule=1'], 'there is no limit `fule`'],
    [['--http', '0', '--address', '192.0.2.1'], 'cannot listen on port 0 of 192.0.2.1 (EADDRNOTAVAIL)'],
  ])('%j is refused', (args, message) => {
    const { code, error } = rtfs(['serve', ...args]);
    expect(error).toContain(message);
    expect(code).toBe(2);
  });

  test('takes no token that is short', () => {
    const file = path.join(folder, 'short');
    writeFileSync(file, 'secret\n');
    expect(rtfs(['serve', '--http', '0', '--token-file', file])).toMatchObject({ code: 2, error: expect.stringContaining('cannot be used') as string });
  });

  test('ends when it is asked to', async () => {
    const child = spawn(process.execPath, [RTFS, 'serve', '--http', '0'], { env, stdio: ['ignore', 'pipe', 'inherit'] });
    await new Promise((resolve) => child.stdout.once('data', resolve));
    child.kill('SIGTERM');
    expect(await new Promise((resolve) => child.once('exit', (code, signal) => resolve([code, signal])))).toEqual([0, null]);
  });

  test('wants its token', async () => {
    const file = path.join(folder, 'token');
    writeFileSync(file, 'the-token-of-this-file\n');
    chmodSync(file, 0o600);
    const { url } = await serve(['--token-file', file], 'the-variable-does-not-count');
    const post = async (token: string): Promise<number> => (await fetch(url, { method: 'POST', headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` }, body: start('1') })).status;
    expect([await post('the-token-of-this-file'), await post('the-variable-does-not-count')]).toEqual([200, 401]);
  });
});

test('rtfs worker carries on branches with what it is granted, and no more', async () => {
  const keys = path.join(folder, 'worker-keys');
  const child = spawn(process.execPath, [RTFS, 'worker', '--http', '0', '--allow', 'time', '--keys', keys], { env, stdio: ['ignore', 'pipe', 'inherit'] });
  running.add(child);
  let said = '';
  while (!said.includes('the token is')) said += String((await once(child.stdout, 'data'))[0]);
  const worker = { url: /works at (\S+)/.exec(said)![1]!, token: /the token is (\S+)/.exec(said)![1]! };
  expect(worker.token).toMatch(/^[0-9a-f]{32,}$/);
  const text = '(step-parallel (do (call :time.sleep 1) :slept) (try (call :env.get "HOME") (catch :error/security e :denied)) (try (call :time.millis) (catch :error/security e :denied)))';
  const { program } = compile(testEnvironment(), { file: 'plan.rtfs', text });
  const everything = [{ capability: '*', scope: '*' }];
  const lease = { environment: testEnvironment(), keys: openKeys(keys), run: 'r', workers: [worker], grants: everything };
  const whole = await runWithWorkers(program!, functionHost({}), lease);
  expect(whole.kind === 'complete' && printValue(whole.value)).toMatch(/^\[:slept :denied \d+\]$/);
  // What was not given to the branch it may not do, whatever the worker may.
  const less = await runWithWorkers(program!, functionHost({}), { ...lease, grants: [] });
  expect(less.kind === 'failed' && less.error.type.name).toBe('error/security');
});

/** What each kind of client is called with; `steps` requests and no more. */
const CLIENTS: Readonly<Record<string, (server: Server, state: string, ledger: string, steps: number) => readonly [string, readonly string[]]>> = {
  'order.py': ({ url, token }, state, ledger, steps) => ['python3', [path.join(ROOT, 'examples/clients/order.py'), '--url', url, '--token', token, '--state', state, '--ledger', ledger, '--steps', String(steps)]],
  'order.sh': ({ url, token }, state, ledger, steps) => ['bash', [path.join(ROOT, 'examples/clients/order.sh'), url, token, state, ledger, String(steps)]],
};

describe.each(Object.keys(CLIENTS))('the client %s', (name) => {
  const files = (run: string): readonly [string, string] => [path.join(folder, `${name}-${run}.state`), path.join(folder, `${name}-${run}.ledger`)];

  async function request(server: Server, [state, ledger]: readonly [string, string], steps = 1): Promise<{ readonly code: number; readonly out: string }> {
    const [command, args] = CLIENTS[name]!(server, state, ledger, steps);
    const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    let out = '';
    child.stdout.on('data', (bytes: Buffer) => (out += bytes.toString('utf8')));
    return { code: await new Promise<number>((resolve) => child.once('close', (code) => resolve(code ?? -1))), out };
  }

  const OUTCOME = { kind: 'complete', value: { ':order': 'order-2', ':total': 134 } };
  /** Two prices, the question, the reservation, the letter. */
  const EFFECTS = 5;

  test('drives a plan to its end', async () => {
    const { code, out } = await request(await serve([]), files('whole'), 100);
    expect([code, JSON.parse(out)]).toEqual([0, OUTCOME]);
  });

  test('goes on when the server is killed and another one takes its place between any two steps', async () => {
    const kept = files('killed');
    let ended = { code: 3, out: '' };
    let servers = 0;
    for (; ended.code === 3 && servers < 20; servers++) {
      const server = await serve([]);
      ended = await request(server, kept);
      await server.kill();
    }
    expect([ended.code, JSON.parse(ended.out)]).toEqual([0, OUTCOME]);
    expect(servers).toBeGreaterThan(3);
    expect(readFileSync(kept[1], 'utf8').trimEnd().split('\n')).toHaveLength(EFFECTS);
  });

  test('does nothing twice when an older state is all that is left', async () => {
    const [state, ledger] = files('older');
    const server = await serve([]);
    await request(server, [state, ledger], 2);
    const older = readFileSync(state);
    await request(server, [state, ledger], 2);
    writeFileSync(state, older);
    expect(await request(server, [state, ledger], 100)).toMatchObject({ code: 0 });
    expect(readFileSync(ledger, 'utf8').trimEnd().split('\n')).toHaveLength(EFFECTS);
  });

  test('says what is wrong', async () => {
    const [state, ledger] = files('refused');
    const server = await serve([]);
    expect((await request({ ...server, token: 'another-token-than-that' }, [state, ledger])).code).toBe(1);
    expect(existsSync(state)).toBe(false);
  });
});
