/** `rtfs run --workers` and `rtfs worker` as processes. */
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, expect, test } from 'vitest';
import { rtfs, start } from './rtfs.ts';

const TOKEN = '0123456789abcdef';
const folder = mkdtempSync(join(tmpdir(), 'rtfs-cli-workers-'));
const running = new Set<ChildProcess>();
const directory = (): string => mkdtempSync(join(folder, 'run-'));

afterEach(() => {
  for (const child of running) child.kill('SIGKILL');
  running.clear();
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test('rtfs run --workers gives branches away, under the policy of home, and takes them back', async () => {
  const cwd = directory();
  const keys = join(cwd, 'keys');
  writeFileSync(join(cwd, 'policy.json'), JSON.stringify({ level: 'full', 'denied-capabilities': ['env.*'] }));
  const worker = start(['worker', '--http', '0', '--allow', 'all', '--keys', keys], { env: { RTFS_TOKEN: TOKEN, ROOM: 'there' } });
  running.add(worker);
  let errors = '';
  worker.stderr.on('data', (bytes: Buffer) => (errors += bytes.toString('utf8')));
  const url = /works at (\S+)/.exec(String((await once(worker.stdout, 'data'))[0]))![1]!;
  const plan = '(step-parallel (do (println "printed there") 1) (try (call :env.get "ROOM") (catch :error/security e "not allowed")))';
  const shared = ['run', '-e', plan, '--allow', 'env=ROOM', '--keys', keys];
  const run = (args: readonly string[], token = TOKEN): ReturnType<typeof rtfs> => rtfs(args, { cwd, env: { RTFS_TOKEN: token, ROOM: 'here' } });

  expect(await run([...shared, '--workers', url])).toMatchObject({ code: 0, out: '[1 "there"]\n', err: '' });
  expect(errors).toContain('printed there');
  expect((await run([...shared, '--workers', url, '--policy', 'policy.json'])).out).toBe('[1 "not allowed"]\n');
  // Nobody carries it on there, so it is carried on here, and that is said.
  const alone = await run([...shared, '--workers', url], `${TOKEN}x`);
  expect(alone).toMatchObject({ code: 0, out: 'printed there\n[1 "here"]\n' });
  expect(alone.err).toContain('does not carry on the branch');
  expect(alone.err).toContain('the token is missing or wrong');
});

test('a kept run gives branches away, also when it is gone on with, and both stores tell of the same', async () => {
  const cwd = directory();
  const keys = join(cwd, 'keys');
  // The journal of home and its heads are signed by the user; the worker signs with the keys that both have.
  const env = { RTFS_TOKEN: TOKEN, RTFS_KEYS: keys };
  const worker = start(['worker', '--http', '0', '--allow', 'env=ROOM', '--keys', keys, '--store', join(cwd, 'logs.db')], { env: { ...env, ROOM: 'there' } });
  running.add(worker);
  const url = /works at (\S+)/.exec(String((await once(worker.stdout, 'data'))[0]))![1]!;
  const run = (args: readonly string[]): ReturnType<typeof rtfs> => rtfs(args, { cwd, env: { ...env, ROOM: 'here' } });
  const shared = ['--keys', keys, '--workers', url];
  const rooms = '(step-parallel (call :env.get "ROOM") (call :env.get "ROOM"))';

  expect(await run(['run', '-e', `[${rooms} (call :user.ask "Go on?") ${rooms}]`, '--allow', 'env=ROOM', '--allow', 'user.ask', '--store', 'runs.db', '--id', 'trip', ...shared])).toMatchObject({ code: 3, err: expect.stringContaining('Go on?') as string });
  const waits = await run(['runs', '--store', 'runs.db', '--json']);
  const call = (JSON.parse(waits.out) as { readonly waits: readonly { readonly call: string }[] }[])[0]!.waits[0]!.call;
  expect(await run(['answer', 'trip', call, 'yes', '--no-resume', '--store', 'runs.db'])).toMatchObject({ code: 0 });
  expect(await run(['resume', 'trip', '--store', 'runs.db', ...shared])).toMatchObject({ code: 0, out: '[["there" "there"] "yes" ["there" "there"]]\n' });
  expect(await run(['replay', 'trip', '--store', 'runs.db'])).toMatchObject({ code: 0 });
  const log = await run(['log', 'trip', '--store', 'runs.db']);
  expect(log.out).toContain(`to ${url}`);
  expect(log.out).toMatch(/branch-returned .* as trip~branch~/);
  expect(await run(['verify', 'runs.db', '--with', 'logs.db'])).toMatchObject({ code: 0, out: expect.stringMatching(/^good: 1 runs/) as string });
  expect(await run(['verify', 'logs.db'])).toMatchObject({ code: 0, out: expect.stringMatching(/^good: 4 runs/) as string });
  expect((await run(['verify', 'runs.db', '--with', 'nowhere.db'])).err).toContain('there is no store nowhere.db');
  const logged = (JSON.parse((await run(['runs', '--store', 'logs.db', '--json'])).out) as { readonly run: string }[]).map((one) => one.run);
  expect((await run(['replay', logged[0]!, '--store', 'logs.db'])).err).toContain('of trip: that is the run to go on with');
});

test.each<[string, readonly string[], string]>([
  ['an address that is none', ['--workers', 'there'], '`there` is no address of a worker'],
  ['a token without workers', ['--token-file', 't'], '--token-file and --keys belong to --workers'],
  ['a budget', ['--workers', 'http://127.0.0.1:1', '--budget', 'calls=1'], 'a constitution and a budget cannot be kept in other processes'],
  ['a policy with a budget', ['--workers', 'http://127.0.0.1:1', '--policy', 'networking'], 'the policy networking has a budget'],
])('%s is refused with 2', async (_, args, message) => {
  const told = await rtfs(['run', '-e', '1', ...args], { env: { RTFS_TOKEN: TOKEN } });
  expect(told).toMatchObject({ code: 2, out: '' });
  expect(told.err).toContain(message);
});
