/** Capabilities that a project declares, from the command line: listed, shown, searched, added, called. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { directory, rtfs } from './rtfs.ts';

const UPPER = "let t='';process.stdin.on('data',d=>t+=d).on('end',()=>console.log(JSON.stringify(JSON.parse(t).toUpperCase())))";
const FILE = {
  capabilities: [
    { id: 'text.upper', summary: 'text in capitals', version: '1.0.0', input: 'string', output: 'string', effects: [], determinism: 'pure', tags: ['words'], process: { command: 'node', args: ['-e', UPPER] } },
    { id: 'text.old', approval: 'revoked', process: { command: 'true' } },
  ],
};
const SERVER = join(import.meta.dirname, '..', 'support', 'mcp-server.mjs');
const project = (data: unknown = FILE): string => directory({ '.rtfs/capabilities.json': JSON.stringify(data) });

describe('rtfs cap list', () => {
  test('shows the house and what the project declares, with effects, determinism and source', async () => {
    const { code, out, err } = await rtfs(['cap', 'list'], { cwd: project() });
    expect([code, err]).toEqual([0, '']);
    const rows = out.split('\n').map((line) => line.split(/ {2,}/));
    expect(rows[0]).toEqual(['CAPABILITY', 'EFFECTS', 'DETERMINISM', 'SOURCE']);
    expect(rows).toContainEqual(['fs.read', ':fs', 'recorded', 'house', 'path {:encoding :max-bytes}? → the text of the file']);
    expect(rows).toContainEqual(['text.upper', 'none', 'pure', 'project', 'text in capitals']);
    expect(rows).toContainEqual(['text.old', ':unknown', 'live', 'project (revoked)']);
  });

  test('is JSON for programs, in the shape of a capabilities file', async () => {
    const { out } = await rtfs(['cap', 'list', '--json'], { cwd: project() });
    const list = JSON.parse(out) as readonly { readonly id: string }[];
    expect(list.map((one) => one.id)).toEqual([...list.map((one) => one.id)].sort());
    expect(list.find((one) => one.id === 'text.upper')).toEqual({
      'id': 'text.upper', 'version': '1.0.0', 'summary': 'text in capitals', 'provider': 'project', 'input': 'string', 'output': 'string', 'effects': [], 'determinism': 'pure', 'tags': ['words'],
      'timeout-ms': 30000, 'approval': 'auto', 'process': { 'command': 'node', 'args': ['-e', UPPER], 'directory': '.', 'memory-mib': 256, 'max-bytes': 1048576 },
    });
  });

  test('says what is wrong with a file', async () => {
    const cwd = project({ capabilities: [{ id: 'text.upper', proces: {} }] });
    for (const args of [['cap', 'list'], ['run', '-e', '1'], ['-e', '1']]) {
      const { code, out, err } = await rtfs(args, { cwd });
      expect([code, out]).toEqual([2, '']);
      expect(err).toContain('error[E0510]: .rtfs/capabilities.json: capabilities[0]: unknown key "proces"\n  = help: did you mean "process"?');
    }
    const json = await rtfs(['cap', 'list', '--json'], { cwd });
    expect(JSON.parse(json.out)).toMatchObject({ diagnostics: [{ code: 'E0510' }, { code: 'E0510' }] });
  });
});

describe('rtfs cap show', () => {
  test('shows everything that is known', async () => {
    const { code, out } = await rtfs(['cap', 'show', ':text.upper'], { cwd: project() });
    expect(code).toBe(0);
    expect(out).toBe(
      ':text.upper\n  summary         text in capitals\n  version         1.0.0\n  source          project\n  input           string\n  output          string\n  effects         none\n' +
        '  determinism     pure\n  timeout         30000 ms\n  approval        auto\n  tags            words\n  carried out by  process\n',
    );
    expect((await rtfs(['cap', 'show', 'http.get'], { cwd: project() })).out).toContain('  effects         :network\n');
  });

  test('helps when there is none of that name', async () => {
    const { code, err } = await rtfs(['cap', 'show', 'text.uper'], { cwd: project() });
    expect(code).toBe(2);
    expect(err).toContain('there is no capability `text.uper`\n  = help: did you mean `text.upper`?');
  });
});

test('rtfs cap search finds by words, effects and tags', async () => {
  const found = async (...words: string[]): Promise<string[]> => {
    const { out } = await rtfs(['cap', 'search', ...words], { cwd: project() });
    return out.trim().split('\n').slice(1).map((line) => line.split(' ')[0]!);
  };
  expect(await found(':network')).toEqual(['http.get', 'http.request', 'model.complete']);
  expect(await found('#words')).toEqual(['text.upper']);
  expect(await found('directory')).toEqual(['fs.delete', 'fs.list']);
  expect(await found('directory', 'sorted')).toEqual(['fs.list']);
  expect(await found('directory', 'unheard-of')).toEqual([]);
});

describe('rtfs cap add', () => {
  test('writes what a file declares into the project, approved by whoever adds it', async () => {
    const cwd = directory({ 'more.rtfs': `{:capabilities [{:id :text.lower :input string :effects [] :process {:command "tr"}}] :models {:small {:url "http://127.0.0.1:9/v1"}}}` });
    const added = await rtfs(['cap', 'add', 'more.rtfs'], { cwd });
    expect([added.code, added.out]).toEqual([0, '.rtfs/capabilities.json: added text.lower, model small\n']);
    expect(JSON.parse(readFileSync(join(cwd, '.rtfs/capabilities.json'), 'utf8'))).toMatchObject({ capabilities: [{ id: 'text.lower', input: 'string', approval: 'approved' }], models: { small: { model: 'small' } } });
    const again = await rtfs(['cap', 'add', 'more.rtfs'], { cwd });
    expect(again.code).toBe(2);
    expect(again.err).toContain('text.lower is declared in .rtfs/capabilities.json already');
  });

  test('can write down the tools of a server, which are then known without starting it', async () => {
    const cwd = directory({ 'bad.json': JSON.stringify({ servers: { bad: { command: 'node', args: [SERVER, 'log'] } } }) });
    const added = await rtfs(['cap', 'add', '--tools', 'bad.json'], { cwd });
    expect([added.code, added.err]).toEqual([0, '']);
    expect(added.out).toContain('mcp.bad.sum');
    const shown = await rtfs(['cap', 'show', 'mcp.bad.sum'], { cwd });
    expect(shown.out).toContain('  input           [:map [:a int] [:b int]]\n');
    const sum = await rtfs(['run', '--allow', 'mcp.bad.sum', '--allow', 'process.spawn', '-e', '(call :mcp.bad.sum 19 23)'], { cwd });
    expect([sum.code, sum.out]).toEqual([0, '"42"\n']);
  });
});

describe('rtfs run', () => {
  const call = ['-e', '(call :text.upper "abc")'];

  test('calls what the project declares, when it is allowed', async () => {
    const cwd = project();
    const done = await rtfs(['run', '--allow', 'text.upper', '--allow', 'process.spawn', ...call], { cwd });
    expect([done.code, done.out, done.err]).toEqual([0, '"ABC"\n', '']);
    const refused = await rtfs(['run', ...call], { cwd });
    expect([refused.code, refused.err.split('\n')[0]]).toEqual([5, "error[E0411]: Security violation: call operation on capability 'text.upper' not allowed in context: it is not granted (to allow it: --allow text.upper)"]);
    const unstarted = await rtfs(['run', '--allow', 'text.upper', ...call], { cwd });
    expect([unstarted.code, unstarted.err.split('\n')[0]]).toEqual([5, "error[E0411]: Security violation: call operation on capability 'text.upper' not allowed in context: it starts a program: it is not granted (to allow it: --allow process.spawn)"]);
  });

  test('takes another file with --capabilities', async () => {
    const cwd = directory({ 'mine.json': JSON.stringify(FILE) });
    const done = await rtfs(['run', '--capabilities', 'mine.json', '--allow', 'text.upper', '--allow', 'process.spawn', ...call], { cwd });
    expect([done.code, done.out]).toEqual([0, '"ABC"\n']);
    expect((await rtfs(['run', '--capabilities', 'none.json', ...call], { cwd })).code).toBe(2);
  });

  test('leaves no server behind', async () => {
    const cwd = project({ servers: { bad: { command: 'node', args: [SERVER, 'log'] } } });
    const { code, out } = await rtfs(['run', '--allow', 'mcp', '--allow', 'process.spawn', '-e', '(call :mcp.bad.pid {})'], { cwd });
    expect(code).toBe(0);
    expect(() => process.kill(Number(JSON.parse(out)), 0)).toThrow('ESRCH');
  });
});
