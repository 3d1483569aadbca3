/**
 * Golden files: text that a person has read and found right, kept under `test/golden` and compared to the letter.
 *
 * - `UPDATE_GOLDEN=1` writes what is produced now; read the difference before committing it.
 * - A file that does not exist yet is written, so that a new one can be read. Under `CI=true` nothing is ever
 *   written: a missing file fails, since there it would be accepted unread.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect } from 'vitest';

const GOLDEN_DIRECTORY = join(import.meta.dirname, '..', 'golden');

export interface GoldenPlace {
  readonly directory: string;
  readonly update: boolean;
  readonly ci: boolean;
}

/** Compares `text` with the committed file `path` (below `test/golden`). */
export function expectGolden(path: string, text: string, place: GoldenPlace = placeFromEnvironment()): void {
  const file = join(place.directory, path);
  const known = existsSync(file) ? readFileSync(file, 'utf8') : null;
  if (!place.ci && (place.update || known === null)) {
    if (text !== known) write(file, text);
    return;
  }
  if (known === null) expect.fail(`golden file ${path} is missing: run the test once outside CI, read the file, commit it`);
  expect(text, `differs from golden file ${path} (UPDATE_GOLDEN=1 accepts the new text)`).toBe(known);
}

function placeFromEnvironment(): GoldenPlace {
  const { CI, UPDATE_GOLDEN } = process.env;
  return { directory: GOLDEN_DIRECTORY, update: UPDATE_GOLDEN === '1', ci: CI === 'true' };
}

function write(file: string, text: string): void {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
}
