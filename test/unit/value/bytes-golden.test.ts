/**
 * Bytes that were written once and must mean the same for ever (V4). For each document there is `NAME.hex` and, for
 * people, `NAME.txt` with the printed roots. The files are never rewritten: a change of format is a new version with a
 * directory of its own, beside which these must still load.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { decodeMany, encodeMany } from '../../../src/value/bytes.ts';
import { bytesToHex, hexToBytes } from '../../../src/value/hex.ts';
import { isSame } from '../../../src/value/order.ts';
import { printValue } from '../../../src/value/print.ts';
import type { Value } from '../../../src/value/value.ts';
import { goldenResolve, goldenValues } from '../../support/golden-values.ts';

const directory = join(import.meta.dirname, '../../golden/value/v1');
const documents = Object.entries(goldenValues());

function hexOf(name: string): string {
  return readFileSync(join(directory, `${name}.hex`), 'utf8').replaceAll('\n', '');
}

function shown(roots: readonly Value[]): string {
  return roots.map((root) => `${printValue(root)}\n`).join('');
}

test('every golden file has its values, and every value its files', () => {
  const expected = documents.flatMap(([name]) => [`${name}.hex`, `${name}.txt`]);
  expect(readdirSync(directory).sort()).toEqual(expected.sort());
});

describe('version 1', () => {
  test.each(documents)('%s is written as it was', (name, roots) => {
    expect(bytesToHex(encodeMany(roots))).toBe(hexOf(name));
  });

  test.each(documents)('%s is read as it was', (name, roots) => {
    const decoded = decodeMany(hexToBytes(hexOf(name))!, { resolveCode: goldenResolve });
    expect(decoded.ok && decoded.value.length === roots.length && decoded.value.every((value, i) => isSame(value, roots[i]!))).toBe(true);
    expect(decoded.ok && shown(decoded.value)).toBe(readFileSync(join(directory, `${name}.txt`), 'utf8'));
  });
});
