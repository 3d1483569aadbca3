/** Whether the process that drove a run is gone: only when that is certain. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, expect, test } from 'vitest';
import { isGone, newOwner } from '../../../../src/host/store/owner.ts';
import type { Owner } from '../../../../src/host/store/port.ts';

const here = newOwner();
const [boot, space, begun, own] = here.token.split(' ');

function withToken(...parts: readonly (string | undefined)[]): Owner {
  return { ...here, token: parts.join(' ') };
}

describe('an owner', () => {
  test('names this process, and each its own driver', () => {
    expect(here.processId).toBe(process.pid);
    expect(newOwner()).not.toEqual(here);
    expect(isGone(here)).toBe(false);
    expect(isGone(newOwner())).toBe(false);
  });

  test('of another machine is never gone for us', () => {
    expect(isGone({ ...here, host: `${here.host}-other`, processId: 999_999_999 })).toBe(false);
  });

  test('whose process has ended is gone, asked after or not', async () => {
    const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' });
    await once(child, 'spawn');
    const owner: Owner = { host: here.host, processId: child.pid!, token: [boot, space, '', own].join(' ') };
    expect(isGone(owner)).toBe(false);
    child.kill('SIGKILL');
    await once(child, 'exit');
    expect(isGone(owner)).toBe(true);
  });
});

describe.runIf(process.platform === 'linux')('where the system tells when processes began', () => {
  test('a process that has the number of another is not taken for it', () => {
    expect(begun).not.toBe('');
    expect(isGone(withToken(boot, space, `${Number(begun) - 1}`, own))).toBe(true);
  });

  test('all processes of an earlier start of the machine are gone', () => {
    expect(isGone(withToken('another-boot', space, begun, own))).toBe(true);
  });

  test('a process of another container is not gone for us: its number counts elsewhere', () => {
    expect(isGone({ ...withToken(boot, 'pid:[1]', begun, own), processId: 999_999_999 })).toBe(false);
  });
});

test('an owner whose token says nothing is judged by its number alone', () => {
  expect(isGone({ ...here, token: '' })).toBe(false);
  expect(isGone({ host: here.host, processId: here.processId, token: ` ${space} ` })).toBe(false);
});
