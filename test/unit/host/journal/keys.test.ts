/** Keys: made once, kept from others, and a signature is good for one thing only. */
import { generateKeyPairSync } from 'node:crypto';
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { KeyProblem, keyDirectory, knownKeys, openKeys } from '../../../../src/host/journal/keys.ts';
import { headCheck, signHead } from '../../../../src/host/journal/signature.ts';
import { bundleProgram, startProgram } from '../../../crash/process.ts';
import { bytesOfText } from '../../../support/store-data.ts';

const root = mkdtempSync(path.join(tmpdir(), 'rtfs-keys-'));
afterAll(() => rmSync(root, { recursive: true }));
let count = 0;
const newDirectory = (): string => path.join(root, `${(count += 1)}`, 'keys');

const HEAD = { seq: 7, hash: 'ab'.repeat(32) };

function problemOf(attempt: () => unknown): string {
  try {
    attempt();
    return 'none';
  } catch (problem) {
    if (problem instanceof KeyProblem) return problem.message.replaceAll(root, 'ROOT');
    throw problem;
  }
}

describe('the keys of a directory', () => {
  test('are made at the first use and stay', () => {
    const directory = newDirectory();
    const { key } = openKeys(directory);
    expect(key).toMatch(/^[0-9a-f]{16}$/);
    expect(openKeys(directory).key).toBe(key);
    expect(openKeys(newDirectory()).key).not.toBe(key);
    expect(knownKeys(directory)).toEqual([key]);
  });

  test.runIf(process.platform !== 'win32')('are for nobody else to read, and nothing else is left there', () => {
    const directory = newDirectory();
    openKeys(directory);
    expect(statSync(directory).mode & 0o777).toBe(0o700);
    expect(statSync(path.join(directory, 'signing.pem')).mode & 0o777).toBe(0o600);
    expect(readdirSync(directory).sort()).toEqual(['known', 'signing.pem']);
  });

  test('are the same for processes that start together', async () => {
    const program = await bundleProgram('make-key', root);
    const directory = newDirectory();
    const programs = Array.from({ length: 6 }, () => startProgram(program, [directory]));
    await Promise.all(programs.map((one) => one.ended));
    const ids = programs.flatMap((one) => one.lines());
    expect(ids).toHaveLength(6);
    expect(new Set(ids).size).toBe(1);
    expect(knownKeys(directory)).toEqual([ids[0]]);
    expect(readdirSync(directory).sort()).toEqual(['known', 'signing.pem']);
  });

  test('say what is wrong with them', () => {
    const directory = newDirectory();
    openKeys(directory);
    writeFileSync(path.join(directory, 'signing.pem'), 'no key');
    expect(problemOf(() => openKeys(directory))).toMatch(/^the key ROOT\/\d+\/keys\/signing.pem is damaged: take a copy of it back/);
    const file = path.join(root, 'file');
    writeFileSync(file, '');
    expect(problemOf(() => openKeys(path.join(file, 'keys')))).toMatch(/^the key .* cannot be read \(ENOTDIR\)|^no key for signing can be made in ROOT\/file\/keys \(ENOTDIR\)/);
  });

  test('are where the environment says', () => {
    expect(keyDirectory({ RTFS_HOME: '/a', XDG_CONFIG_HOME: '/b' })).toBe(path.join('/a', 'keys'));
    expect(keyDirectory({ RTFS_HOME: '', XDG_CONFIG_HOME: '/b' })).toBe(path.join('/b', 'rtfs', 'keys'));
    expect(keyDirectory({})).toBe(path.join(homedir(), '.config', 'rtfs', 'keys'));
  });
});

describe('a signature', () => {
  const keys = openKeys(newDirectory());
  const bytes = bytesOfText('grants of a run');
  const signature = keys.sign('rtfs/grants', bytes);

  test('is good for its bytes, its domain and its key alone', () => {
    expect(signature).toHaveLength(64);
    expect(keys.verify(keys.key, 'rtfs/grants', bytes, signature)).toBe('good');
    expect(keys.verify(keys.key, 'rtfs/grants', bytesOfText('grants of a ruN'), signature)).toBe('bad');
    expect(keys.verify(keys.key, 'rtfs/head', bytes, signature)).toBe('bad');
    expect(keys.verify(keys.key, 'rtfs/grant', Buffer.concat([bytesOfText('s\0'), bytes]), signature)).toBe('bad');
  });

  test('with any bit changed is bad', () => {
    for (let at = 0; at < signature.length; at++) {
      const changed = signature.slice();
      changed[at]! ^= 1 << (at % 8);
      expect(keys.verify(keys.key, 'rtfs/grants', bytes, changed)).toBe('bad');
    }
    for (const size of [0, 1, 63]) expect(keys.verify(keys.key, 'rtfs/grants', bytes, signature.slice(0, size))).toBe('bad');
  });

  test('of another is believed once its public key is known', () => {
    const theirs = newDirectory();
    const other = openKeys(theirs);
    const ours = newDirectory();
    const foreign = other.sign('rtfs/grants', bytes);
    expect(openKeys(ours).verify(other.key, 'rtfs/grants', bytes, foreign)).toBe('unknown-key');
    writeFileSync(path.join(ours, 'known', `${other.key}.pem`), readFileSync(path.join(theirs, 'known', `${other.key}.pem`)));
    expect(openKeys(ours).verify(other.key, 'rtfs/grants', bytes, foreign)).toBe('good');
    expect(openKeys(ours).verify(other.key, 'rtfs/grants', bytes, signature)).toBe('bad');
  });

  test('names no file elsewhere by its key', () => {
    const directory = newDirectory();
    const own = openKeys(directory);
    const stray = generateKeyPairSync('ed25519').publicKey.export({ format: 'pem', type: 'spki' });
    writeFileSync(path.join(directory, 'stray.pem'), stray);
    for (const id of ['../stray', '..', '', '__proto__', 'A'.repeat(16)]) expect(own.verify(id, 'd', bytes, signature)).toBe('unknown-key');
  });

  test('by a key that was put under another id is no good one', () => {
    const directory = newDirectory();
    const own = openKeys(directory);
    mkdirSync(path.join(directory, 'known'), { recursive: true });
    writeFileSync(path.join(directory, 'known', 'aaaaaaaaaaaaaaaa.pem'), generateKeyPairSync('ed25519').publicKey.export({ format: 'pem', type: 'spki' }));
    expect(problemOf(() => own.verify('aaaaaaaaaaaaaaaa', 'd', bytes, signature))).toMatch(/is another one than its name says: take it away$/);
  });
});

describe('a signed head', () => {
  const keys = openKeys(newDirectory());
  const check = headCheck(keys);

  test('is good for its run, its number and its hash', async () => {
    const signed = await signHead(keys, 'run-1', HEAD);
    expect(signed).toMatchObject({ ...HEAD, key: keys.key });
    expect(check('run-1', signed)).toBe('good');
    expect(check('run-2', signed)).toBe('bad');
    expect(check('run-1', { ...signed, seq: 8 })).toBe('bad');
    expect(check('run-1', { ...signed, hash: 'ac'.repeat(32) })).toBe('bad');
    expect(check('run-1', { ...signed, key: '0'.repeat(16) })).toBe('unknown-key');
  });

  test('cannot be read as one of another run, whatever is in the id', async () => {
    const signed = await signHead(keys, `run\0${HEAD.seq}`, HEAD);
    expect(check('run', signed)).toBe('bad');
    expect(check(`run\0${HEAD.seq}`, signed)).toBe('good');
  });

  test('may come from a service', async () => {
    const service = { key: keys.key, sign: async (domain: string, bytes: Uint8Array) => keys.sign(domain, bytes) };
    expect(check('r', await signHead(service, 'r', HEAD))).toBe('good');
  });
});

test.runIf(process.platform === 'linux' && process.getuid?.() !== 0)('a directory that may not be written is told', () => {
  const directory = path.join(root, 'closed');
  mkdirSync(directory);
  chmodSync(directory, 0o500);
  expect(problemOf(() => openKeys(path.join(directory, 'keys')))).toMatch(/make the folder writable/);
});
