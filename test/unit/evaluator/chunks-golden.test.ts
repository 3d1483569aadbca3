/** Chunks of version 1 are kept under `test/golden/chunks/v1` and load for ever. The code of their states is that of the golden states. */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { Chunker } from '../../../src/evaluator/chunks.ts';
import type { CodeTable } from '../../../src/evaluator/code.ts';
import { updateContext } from '../../../src/evaluator/kernel.ts';
import { restore, snapshot } from '../../../src/evaluator/snapshot.ts';
import type { State } from '../../../src/evaluator/state.ts';
import { type CodeArchive, openCode } from '../../../src/host/code-archive.ts';
import type { Environment } from '../../../src/host/compile.ts';
import { LoadedLibrary } from '../../../src/ir/image.ts';
import { bytesToHex, hexToBytes } from '../../../src/value/hex.ts';
import { List } from '../../../src/value/list.ts';
import { MapValue } from '../../../src/value/map.ts';
import { SetValue } from '../../../src/value/set.ts';
import { keyword, makeFloat, Timestamp, Uuid, type Value } from '../../../src/value/value.ts';
import { Vector } from '../../../src/value/vector.ts';
import { testEnvironment } from '../../support/environment.ts';

/** Whatever comes from the archive comes from nowhere else. */
const bare: Environment = { ...testEnvironment(), library: new LoadedLibrary({ version: 1, primitives: [], aliases: [], definitions: [], groups: [] }) };
const golden = join(import.meta.dirname, '../../golden');
const directory = join(golden, 'chunks/v1');

const numbers = Array.from({ length: 1_100 }, (_, i) => i);
const manyKeys = MapValue.from(Array.from({ length: 1_100 }, (_, i) => [keyword(`k${i}`), i] as const));
let cells = List.of('last');
for (let i = 0; i < 40; i++) cells = cells.cons(`cell number ${i}`);

const LARGE: MapValue = MapValue.of(
  keyword('numbers'), Vector.adopt(numbers.slice()), keyword('trie'), Vector.adopt(numbers.slice()).set(700, 'changed'), keyword('cells'), cells,
  keyword('map'), manyKeys, keyword('set'), SetValue.from(numbers.slice(0, 90).map((n): Value => `element ${n}`)), keyword('text'), 'long text '.repeat(150),
  keyword('others'), Vector.of(makeFloat(-0), 0.5, 2n ** 200n, new Timestamp(0), new Uuid('01234567-89ab-cdef-0123-456789abcdef'), 'lone \ud800', null, true),
);

/** Each is a golden state, as it is or with more in its context. Add states; never change one. */
const STATES: Readonly<Record<string, { readonly state: string; readonly context: MapValue | null }>> = {
  ...Object.fromEntries(['plain', 'in-steps', 'joining-deep', 'compensating', 'tracked', 'stopping-branches', 'failed'].map((name) => [name, { state: name, context: null }])),
  'large': { state: 'in-a-loop', context: LARGE },
};

function table(): CodeTable {
  const archive = JSON.parse(readFileSync(join(golden, 'state/v1/code.json'), 'utf8')) as CodeArchive;
  const opened = openCode(bare, archive);
  if (!opened.ok) throw new Error(opened.error);
  return opened.value;
}

function stateOf(name: string): State {
  const { state, context } = STATES[name]!;
  const bytes = hexToBytes(readFileSync(join(golden, 'state/v1', `${state}.hex`), 'utf8').replaceAll('\n', ''));
  const restored = restore(bytes!, table());
  if (!restored.ok) throw new Error(restored.error.message);
  return context === null ? restored.value : updateContext(restored.value, context);
}

/** Chunks in lines, the root last. */
function keep(name: string): void {
  const file = join(directory, `${name}.hex`);
  if (existsSync(file)) return;
  if (process.env['CI'] === 'true') expect.fail(`golden chunks ${name} are missing: run the test once outside CI, read the file, commit it`);
  mkdirSync(directory, { recursive: true });
  writeFileSync(file, `${new Chunker().checkpoint(stateOf(name)).chunks.map(({ hash, bytes }) => `${hash} ${bytesToHex(bytes)}`).join('\n')}\n`);
}

function chunksOf(name: string): ReadonlyMap<string, Uint8Array> {
  const lines = readFileSync(join(directory, `${name}.hex`), 'utf8').trimEnd().split('\n');
  return new Map(lines.map((line) => [line.slice(0, 64), hexToBytes(line.slice(65))!]));
}

describe('version 1', () => {
  test.each(Object.keys(STATES))('%s is loaded', (name) => {
    keep(name);
    const chunks = chunksOf(name);
    const restored = new Chunker().restore([...chunks.keys()].at(-1)!, (hash) => chunks.get(hash) ?? null, table());
    if (!restored.ok) throw new Error(restored.error.message);
    expect(bytesToHex(snapshot(restored.value))).toBe(bytesToHex(snapshot(stateOf(name))));
  });

  test('every file belongs to a state', () => {
    expect(readdirSync(directory).sort()).toEqual(Object.keys(STATES).map((name) => `${name}.hex`).sort());
  });

  test('code that is missing is named', () => {
    const chunks = chunksOf('plain');
    const empty = openCode(bare, []);
    if (!empty.ok) throw new Error(empty.error);
    const restored = new Chunker().restore([...chunks.keys()].at(-1)!, (hash) => chunks.get(hash) ?? null, empty.value);
    expect(restored.ok || restored.error.message).toMatch(/^the code [0-9a-f]{64}(, [0-9a-f]{64})* is missing$/);
  });
});
