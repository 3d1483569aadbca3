import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { expectGolden } from '../../support/golden.ts';

let directory = '';
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'golden-'));
});
afterEach(() => {
  rmSync(directory, { recursive: true });
});

const check = (path: string, text: string, mode: { update?: boolean; ci?: boolean } = {}): void =>
  expectGolden(path, text, { directory, update: mode.update ?? false, ci: mode.ci ?? false });
const have = (path: string, text: string): void => writeFileSync(join(directory, path), text);
const kept = (path: string): string => readFileSync(join(directory, path), 'utf8');

describe('a golden file', () => {
  test('passes when the text is the same', () => {
    have('a.txt', 'one\n');
    check('a.txt', 'one\n');
    check('a.txt', 'one\n', { ci: true });
    expect(kept('a.txt')).toBe('one\n');
  });

  test.each([['one'], ['one\r\n'], ['two\n'], ['']])('fails on %j when the file holds "one\\n", and stays as it is', (text) => {
    have('a.txt', 'one\n');
    expect(() => check('a.txt', text)).toThrow(/differs from golden file a\.txt/);
    expect(() => check('a.txt', text, { ci: true })).toThrow(/differs from golden file a\.txt/);
    expect(kept('a.txt')).toBe('one\n');
  });

  test('that is missing is written, with its folders', () => {
    check('deep/er/a.txt', 'new\n');
    expect(kept('deep/er/a.txt')).toBe('new\n');
  });

  test('that is missing fails in CI and is not written, not even on request', () => {
    expect(() => check('a.txt', 'new\n', { ci: true })).toThrow(/a\.txt is missing/);
    expect(() => check('a.txt', 'new\n', { ci: true, update: true })).toThrow(/a\.txt is missing/);
    expect(existsSync(join(directory, 'a.txt'))).toBe(false);
  });

  test('is rewritten on request, but never in CI', () => {
    have('a.txt', 'old\n');
    expect(() => check('a.txt', 'new\n', { ci: true, update: true })).toThrow(/differs/);
    expect(kept('a.txt')).toBe('old\n');
    check('a.txt', 'new\n', { update: true });
    expect(kept('a.txt')).toBe('new\n');
  });
});
