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

test.each<[string, readonly string[], string]>([
  ['an address that is none', ['--workers', 'there'], '`there` is no address of a worker'],
  ['a token without workers', ['--token-file', 't'], '--token-file and --keys belong to --workers'],
  ['a run that is kept', ['--workers', 'http://127.0.0.1:1', '--keep'], 'a run that is kept stays in one process'],
  ['a budget', ['--workers', 'http://127.0.0.1:1', '--budget', 'calls=1'], 'a constitution and a budget cannot be kept in other processes'],
  ['a policy with a budget', ['--workers', 'http://127.0.0.1:1', '--policy', 'networking'], 'the policy networking has a budget'],
])('%s is refused with 2', async (_, args, message) => {
  const told = await rtfs(['run', '-e', '1', ...args], { env: { RTFS_TOKEN: TOKEN } });
  expect(told).toMatchObject({ code: 2, out: '' });
  expect(told.err).toContain(message);
});
