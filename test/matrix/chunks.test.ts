/**
 * Every state of the corpus and of the matrix, at every pause, as chunks and back: whatever is checked of states that were
 * saved and loaded is checked of these.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test, vi } from 'vitest';
import type { CodeTable } from '../../src/evaluator/code.ts';
import type * as Snapshots from '../../src/evaluator/snapshot.ts';
import type { State } from '../../src/evaluator/state.ts';
import { checkExpectation, readConformance } from '../../src/host/conformance.ts';
import { ChunkStore } from '../support/chunk-store.ts';
import { testEnvironment } from '../support/environment.ts';
import { compiled, ECHO, travel } from '../support/journey.ts';
import { CALLBACKS } from './callbacks.ts';
import { FORMS, type Row } from './forms.ts';
import { template } from './marks.ts';

/** What loading a state comes to here; told below, when everything that it needs is loaded. */
const trip = vi.hoisted(() => ({ through: (state: State, _table: CodeTable): State => state }));

vi.mock('../../src/evaluator/snapshot.ts', async (importOriginal) => {
  const original = await importOriginal<typeof Snapshots>();
  const restore: typeof Snapshots.restore = (bytes, table) => {
    const restored = original.restore(bytes, table);
    return restored.ok ? { ok: true, value: trip.through(restored.value, table) } : restored;
  };
  return { ...original, restore };
});

/** One store for each program: what is written and read again and again is always the next state. */
const stores = new WeakMap<CodeTable, ChunkStore>();
let trips = 0;
trip.through = (state, table) => {
  trips += 1;
  let store = stores.get(table);
  if (store === undefined) stores.set(table, (store = new ChunkStore()));
  return store.load(store.save(state).root, table);
};

const environment = testEnvironment();
const corpus = fileURLToPath(new URL('../conformance', import.meta.url));

/** Files about size. */
const HEAVY: ReadonlySet<string> = new Set(['functions/depth.rtfs', 'limits/snapshots.rtfs', 'limits/numbers-and-text.rtfs', 'limits/deep-data.rtfs', 'library/large.rtfs']);

function files(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true })
    .flatMap((entry) => (entry.isDirectory() ? files(join(folder, entry.name)) : entry.name.endsWith('.rtfs') ? [relative(corpus, join(folder, entry.name))] : []))
    .sort();
}

test.each(files(corpus).filter((name) => !HEAVY.has(name)))('%s holds', (name) => {
  for (const expectation of readConformance(readFileSync(join(corpus, name), 'utf8'), name)) {
    const straight = checkExpectation(environment, expectation, 'straight');
    expect(checkExpectation(environment, expectation, 'reload'), `line ${expectation.line}: ${expectation.form}`).toBe(straight);
  }
});

describe('a call in every position', () => {
  const rows: readonly Row[] = [...FORMS, ...Object.values(CALLBACKS).flat()];

  test.each(rows.map((row) => [row[0], row] as const))('%s', (_, [text]) => {
    const parsed = template(text);
    const program = compiled(environment, parsed.render(new Set(parsed.marks.map((_mark, at) => at))));
    const straight = travel(program, { answer: ECHO });
    expect(travel(program, { reload: true })).toEqual(straight);
    expect(travel(program, { quantum: 3, reload: true, pausesMax: 40 })).toEqual(straight);
  });
});

test('many states went through chunks', () => {
  expect(trips).toBeGreaterThan(1_000);
});
