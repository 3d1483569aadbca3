/** The map of the sources says what is there. Its example is run with those of the other pages. */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { readText, ROOT } from './source.ts';

const map = readText('src/README.md');

function rowsUnder(heading: string): string[][] {
  const section = map.split(`\n## ${heading}\n`)[1]!.split('\n## ')[0]!;
  return section.split('\n').filter((line) => line.startsWith('| ')).slice(2).map((row) => row.slice(2, -2).split(' | ').map((cell) => cell.trim()));
}

const quoted = (text: string): string[] => [...text.matchAll(/`([^`]+)`/g)].map((match) => match[1]!);

test('every room has a row', () => {
  const rooms = readdirSync(join(ROOT, 'src'), { withFileTypes: true }).filter((entry) => entry.isDirectory()).map((entry) => entry.name);
  expect(rowsUnder('Rooms').map(([room]) => quoted(room!)[0]).sort()).toEqual(rooms.sort());
});

describe('the invariants', () => {
  const rows = rowsUnder('Invariants');

  test('are all there, in order', () => {
    const numbered = (letter: string, count: number): string[] => Array.from({ length: count }, (_, i) => `${letter}${i + 1}`);
    expect(rows.map(([name]) => name)).toEqual([...numbered('V', 4), ...numbered('C', 3), ...numbered('M', 7), ...numbered('H', 5)]);
  });

  test.each(rows.filter(([, , kept]) => !kept!.startsWith('not there yet')))('%s names files that keep it and tests that show it', (_, __, kept, shown) => {
    const keepers = quoted(kept!).map((path) => (path.startsWith('stdlib/') ? path : `src/${path}`));
    const tests = quoted(shown!);
    expect(keepers.length).toBeGreaterThan(0);
    expect(tests.length).toBeGreaterThan(0);
    expect([...keepers, ...tests].filter((path) => !existsSync(join(ROOT, path)))).toEqual([]);
  });
});
