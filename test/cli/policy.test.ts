import { chmodSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { directory, rtfs } from './rtfs.ts';

describe('rtfs policy', () => {
  const cwd = directory({ 'bad.json': '{"level": "controlled", "capabilites": [], "limits": {"time-ms": 61000}}' });

  test('lists what comes with rtfs', async () => {
    const { code, out } = await rtfs(['policy']);
    expect(code).toBe(0);
    expect(out.trimEnd().split('\n').map((line) => line.split(' ')[0])).toEqual(['agent-coordination', 'data-processing', 'file-operations', 'networking', 'system-management', 'test', 'user-code']);
    expect(out).toMatch(/^networking +Talks to public hosts; no files\.$/m);
  });

  test('prints one, which can be kept in a file and reads back as itself', async () => {
    const { out } = await rtfs(['policy', 'file-operations'], { cwd });
    expect(JSON.parse(out)).toMatchObject({ level: 'controlled', capabilities: ['fs.', 'io.', 'step.'], grants: ['fs=.'], 'denied-effects': ['network'] });
    writeFileSync(join(cwd, 'mine.json'), out);
    expect(await rtfs(['policy', 'mine.json'], { cwd })).toMatchObject({ code: 0, out });
  });

  test('says what is wrong with a file, and what was meant', async () => {
    const { code, err } = await rtfs(['policy', 'bad.json'], { cwd });
    expect(code).toBe(2);
    expect(err).toContain('error[E0508]: bad.json: there is no key "capabilites"\n  = help: Did you mean capabilities?');
    expect(err).toContain('error[E0508]: bad.json: limits.time-ms: 61000 is above the ceiling of 60000');
    expect((await rtfs(['policy', 'netwroking'])).err).toContain('there is no policy `netwroking`\n  = help: did you mean networking?');
    expect((await rtfs(['policy', 'none.json'], { cwd })).err).toContain('cannot read none.json: there is no such file');
  });
});

describe('rtfs run --policy', () => {
  const cwd = directory({
    'a.txt': 'text',
    'p.json': '{"level": "controlled", "capabilities": ["fs.read", "io."], "grants": ["fs.read=data"], "limits": {"fuel": 1000}, "isolation": {"allowed": ["inherit"]}}',
    'data/a.txt': 'text',
    'pure.edn': '{:level :pure}',
  });

  test('networking talks to hosts and reads no files, whatever is granted', async () => {
    const server = createServer((_, response) => response.end('hello'));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
    try {
      const asked = ['run', '--policy', 'networking', '-e', `(:body (call :http.get "http://${host}/"))`];
      // The policy grants public hosts; one of this machine still has to be granted by name.
      expect(await rtfs(asked)).toMatchObject({ code: 5, err: expect.stringContaining(`--allow http=${host}`) as unknown });
      expect(await rtfs([...asked, '--allow', `http=${host}`])).toMatchObject({ code: 0, out: '"hello"\n' });
      const denied = await rtfs(['run', '--policy', 'networking', '--allow', 'fs=.', '-e', '(call :fs.read "a.txt")'], { cwd });
      expect(denied.code).toBe(5);
      expect(denied.err).toContain("operation on capability 'fs.read' not allowed in context: the policy networking does not allow it (it allows http. io. secret. step. time.)");
    } finally {
      await new Promise((resolve) => server.close(resolve));
    }
  });

  test('a file of ones own: ceiling, grants, limits and isolation', async () => {
    const run = (text: string, ...more: string[]) => rtfs(['run', '--policy', 'p.json', ...more, '-e', text], { cwd });
    expect(await run('(call :fs.read "data/a.txt")')).toMatchObject({ code: 0, out: '"text"\n' });
    expect((await run('(call :fs.list "data")', '--allow', 'fs=.')).err).toContain('the policy p.json does not allow it (it allows fs.read io.)');
    expect((await run('(reduce + (range 10000))', '--limit', 'fuel=1e9')).code).toBe(6);
    expect((await run('(step "s" :isolation :sandboxed 1)')).err).toContain('isolation:sandboxed is not allowed for step (allowed: :inherit)');
  });

  test('the level pure makes no calls', async () => {
    expect(await rtfs(['run', '--policy', 'pure.edn', '-e', '(+ 1 2)'], { cwd })).toMatchObject({ code: 0, out: '3\n' });
    expect(await rtfs(['run', '--policy', 'pure.edn', '--allow', 'all', '-e', '(println 1)'], { cwd })).toMatchObject({ code: 5, out: '' });
  });

  test('one that is not there stops everything', async () => {
    expect(await rtfs(['run', '--policy', 'nothing', '-e', '1'])).toMatchObject({ code: 2, out: '', err: expect.stringContaining('there is no policy `nothing`') as unknown });
  });
});

describe('rtfs run --constitution', () => {
  const rules = `{:otherwise {:program :allow}
    :rules [{:id "keep" :on :call :then :deny :capability "fs.delete" :reason "files are kept"}
            {:id "ask" :on :call :then :require-approval :capability "fs.write" :reason "writing needs a person"}
            {:id "unknown" :on :program :then :deny :provenance "*stranger*" :reason "not from strangers"}]}`;

  const cwd = directory({ 'c.edn': rules, 'a.txt': 'text', 'stranger.rtfs': '(+ 1 2)', 'm.edn': '{:rules [{:id "stay" :on :merge :then :deny :keys ["token"] :isolation [:sandboxed] :reason "secrets stay"}]}', 'c.json': '{"rules": [{"id": "a", "on": "call", "then": "forbid", "reason": "x"}]}' });

  test('stands above every grant', async () => {
    const run = (...args: string[]) => rtfs(['run', '--constitution', 'c.edn', '--allow', 'all', ...args], { cwd });
    expect(await run('-e', '(call :fs.read "a.txt")')).toMatchObject({ code: 0, out: '"text"\n' });
    expect(await run('-e', '(call :fs.delete "a.txt")')).toMatchObject({ code: 5, err: expect.stringContaining('rule keep: files are kept') as unknown });
    expect(await run('stranger.rtfs')).toMatchObject({ code: 5, out: '', err: expect.stringContaining('the program may not be run: rule unknown: not from strangers') as unknown });
  });

  test('has its say on what leaves a step and on what capabilities see', async () => {
    const text = '(step "s" :isolation :sandboxed :merge-policy :overwrite (context/set :token 1) (context/set :b (+ 1 (context/get :token))) (call :step.sleep 1))';
    const { code, err } = await rtfs(['run', '--constitution', 'm.edn', '-e', text], { cwd });
    expect(code).toBe(5);
    expect(err).toContain('Security violation: merging :b :token of root/s into root is not allowed: rule stay: secrets stay');
    expect(await rtfs(['run', '--constitution', 'm.edn', '-e', text.replaceAll('token', 'a')], { cwd })).toMatchObject({ code: 0 });
  });

  test('is not forgotten by a run that is kept', async () => {
    const plan = '(step "s" :isolation :sandboxed :merge-policy :overwrite (context/set :token 1) (call :step.sleep 1) (context/set :b (+ 1 (context/get :token))))';
    const { code, err } = await rtfs(['run', '--store', 'runs.db', '--id', 'm', '--constitution', 'm.edn', '-e', plan], { cwd });
    expect(code).toBe(5);
    expect(err).toContain('Security violation: merging :b :token of root/s into root is not allowed: rule stay: secrets stay');
    expect(await rtfs(['replay', 'm', '--store', 'runs.db'], { cwd })).toMatchObject({ code: 0, out: expect.stringContaining('identical') as unknown });
    const why = await rtfs(['why-denied', 'm', '--store', 'runs.db', '--json'], { cwd });
    expect(JSON.parse(why.out)).toMatchObject([{ capability: 'context.merge', step: 'root/s', reasons: [{ rule: 'constitution', id: 'stay' }] }]);
  });

  test('that says nothing clear is refused', async () => {
    expect(await rtfs(['run', '--constitution', 'c.json', '-e', '1'], { cwd })).toMatchObject({ code: 2, err: expect.stringContaining('c.json: rules[0].then: there is no verdict "forbid"') as unknown });
  });
});

describe('rtfs run --strict', () => {
  const cwd = directory();

  test('denies what is not recommended', async () => {
    const write = (isolation: string): string => `(step "w" :isolation ${isolation} (call :fs.write "x" "y"))`;
    expect(await rtfs(['run', '--strict', '--allow', 'fs=.', '-e', write(':inherit')], { cwd })).toMatchObject({ code: 5, err: expect.stringContaining('best called from a step that is :isolated, and this one is :inherit') as unknown });
    expect(await rtfs(['run', '--strict', '--allow', 'fs=.', '-e', write(':isolated')], { cwd })).toMatchObject({ code: 0 });
  });
});

describe('secrets', () => {
  const CANARY = 'canary-77aa';
  const cwd = directory({ 's.json': `{"key": "${CANARY}"}` });

  test('of a file and of the environment reach their host, and nothing that is printed', async () => {
    const seen: string[] = [];
    const server = createServer((request, response) => {
      seen.push(String(request.headers['authorization']));
      response.end(String(request.headers['authorization']));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
    chmodSync(join(cwd, 's.json'), 0o600);
    const text = `(step "s" (let [key (call :secret.get "key")] (context/set :key key) (println (str key)) (:body (call :http.request {:url "http://${host}/" :headers {"authorization" key}}))))`;
    try {
      const args = ['run', '--allow', `http=${host}`, '--allow', 'secret=key', '--json=stream', '-e', text];
      for (const [more, env] of [[['--secrets', 's.json'], {}], [[], { RTFS_SECRET_KEY: CANARY }]] as const) {
        const { code, out, err } = await rtfs([...args, ...more], { cwd, env });
        expect(code).toBe(0);
        expect(out).toContain('‹secret key›');
        expect(err).toContain('resource://secret/key');
        expect(out + err).not.toContain('canary');
      }
      expect(seen).toEqual([CANARY, CANARY]);
      chmodSync(join(cwd, 's.json'), 0o644);
      expect(await rtfs([...args, '--secrets', 's.json'], { cwd })).toMatchObject({ code: 1, out: expect.stringContaining('Others may read the secrets file') as unknown });
    } finally {
      await new Promise((resolve) => server.close(resolve));
    }
  });
});
