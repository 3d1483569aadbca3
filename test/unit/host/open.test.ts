import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { ALIASES } from '../../../src/host/capability/alias.ts';
import { openPureHost } from '../../../src/host/function-host.ts';
import { openHost, readGrants } from '../../../src/host/open.ts';
import type { Host } from '../../../src/host/port.ts';
import { ErrorValue, keyword, Timestamp, type Value } from '../../../src/value/value.ts';
import { allOf, call, capability, fakeKernel, ManualClock, MemoryConsole, run, valueOf, withDirectory } from './support.ts';

const HOUSE = [
  'env.get', 'fs.append', 'fs.delete', 'fs.exists', 'fs.list', 'fs.read', 'fs.write', 'http.get', 'http.request', 'io.log', 'io.print',
  'io.println', 'model.complete', 'random.float', 'random.int', 'secret.get', 'step.checkpoint', 'step.deadline', 'step.delegate', 'step.sleep', 'time.millis', 'time.now', 'time.sleep', 'user.ask', 'uuid.new',
];

function host(allow: readonly string[], baseDirectory: string, more: Partial<Parameters<typeof openHost>[0]> = {}): Host {
  const grants = readGrants(allow, baseDirectory, more.capabilities?.map((one) => one.id));
  if (!grants.ok) throw new Error(grants.error[0]!.message);
  return openHost({ grants: grants.value, baseDirectory, console: new MemoryConsole(), clock: new ManualClock(), ...more });
}

async function answer(on: Host, id: string, ...args: Value[]): Promise<Value> {
  const result = await run(allOf([call('1', id, args)], (answers) => valueOf(answers.get('1'))), on, { kernel: fakeKernel() });
  if (result.kind !== 'complete') throw new Error(result.kind);
  return result.value;
}

describe('an open host', () => {
  test('has the capabilities of the house', () => {
    const { capabilities } = host([], '/');
    expect(capabilities.names().filter((name) => !ALIASES.has(name))).toEqual(HOUSE);
    for (const id of HOUSE) expect(capabilities.find(id)).toMatchObject({ id, summary: expect.stringMatching(/→/) });
  });

  test('knows every alias, and each stands for a capability of the house', () => {
    const { capabilities } = host([], '/');
    for (const [alias, id] of ALIASES) expect(capabilities.find(alias)?.id).toBe(id);
    expect(capabilities.names()).toEqual([...HOUSE, ...ALIASES.keys()].sort());
  });

  test('lets a program print and nothing else', async () => {
    const console = new MemoryConsole();
    const bare = host([], '/', { console });
    expect(await answer(bare, 'io.println', 'hi')).toBeNull();
    expect(console.out).toBe('hi\n');
    for (const [id, ...args] of [['fs.read', 'x'], ['http.get', 'http://a.test'], ['time.now'], ['random.float'], ['uuid.new'], ['env.get', 'HOME'], ['user.ask', '?']] as const) {
      const error = await answer(bare, id, ...args);
      expect(error instanceof ErrorValue ? error.type : error).toBe(keyword('error/security'));
    }
  });

  test('reads files of the granted directory, by either name', () =>
    withDirectory(async (directory) => {
      await writeFile(path.join(directory, 'a.txt'), 'text');
      const granted = host(['fs.read=.'], directory);
      expect(await answer(granted, 'fs.read', 'a.txt')).toBe('text');
      expect(await answer(granted, 'ccos.io.read-file', 'a.txt')).toBe('text');
      expect(await answer(granted, 'file-exists?', 'b.txt')).toBe(false);
    }));

  test('asks the console, the clock and the environment that it was given', async () => {
    const given = host(['time', 'env=USER', 'user'], '/', { console: new MemoryConsole('yes'), environment: (name) => `<${name}>` });
    expect(await answer(given, 'ccos.user.ask', 'Go on?')).toBe('yes');
    expect(await answer(given, 'time.now')).toEqual(new Timestamp(1_700_000_000_000));
    expect(await answer(given, 'get-env', 'USER')).toBe('<USER>');
  });

  test('finds in the environment of the process no names that are not there', async () => {
    const granted = host(['env=*'], '/');
    for (const name of ['__proto__', 'constructor', 'toString']) expect(await answer(granted, 'env.get', name)).toBeNull();
  });

  test('takes capabilities of others, which need a grant like any', async () => {
    const capabilities = [capability('my.tool', async () => 'done')];
    expect(await answer(host(['my.tool'], '/', { capabilities }), 'my.tool')).toBe('done');
    expect(((await answer(host([], '/', { capabilities }), 'my.tool')) as ErrorValue).type).toBe(keyword('error/security'));
  });

  test('lets others replace a capability of the house, under the same grants', async () => {
    const capabilities = [capability('fs.read', async () => 'replaced')];
    expect(await answer(host(['fs.read=/'], '/', { capabilities }), 'fs.read', '/x')).toBe('replaced');
    expect(await answer(host([], '/', { capabilities }), 'fs.read', '/x')).toBeInstanceOf(ErrorValue);
  });
});

test('a pure host knows no capability', async () => {
  const error = await answer(openPureHost(), 'io.println', 'x');
  expect(error instanceof ErrorValue ? [error.type, error.message] : error).toEqual([keyword('error/capability'), 'Unknown capability: io.println']);
});
