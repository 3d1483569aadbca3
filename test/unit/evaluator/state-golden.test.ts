/**
 * States that were saved once must load for ever, go on to the end that stands beside them, and be saved as the same
 * bytes. Beside the states lies all code that they name, the library's too, so a library that has changed does not matter.
 *
 * A state that has no files yet is written (not under `CI=true`); read its text before committing it. Files that are there
 * are never written again: what they show is that old bytes go on.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { bytesToHex, hexToBytes } from '@noble/hashes/utils.js';
import { expect, describe, test } from 'vitest';
import { comparePositions, type Event } from '../../../src/evaluator/event.ts';
import { remaining, resume } from '../../../src/evaluator/kernel.ts';
import { restore, snapshot } from '../../../src/evaluator/snapshot.ts';
import type { Advance, State } from '../../../src/evaluator/state.ts';
import { archiveCode, type CodeArchive, openCode } from '../../../src/host/code-archive.ts';
import type { Environment } from '../../../src/host/compile.ts';
import { LoadedLibrary } from '../../../src/ir/image.ts';
import { testEnvironment } from '../../support/environment.ts';
import { expectGolden } from '../../support/golden.ts';
import { type GoldenState, GOLDEN_STATES } from '../../support/golden-states.ts';
import { answerOf, endText } from '../../support/journey.ts';
import { callLine, eventLine, Stage } from '../../support/stage.ts';

const environment = testEnvironment();
/** Whatever comes from the archive comes from nowhere else. */
const bare: Environment = { ...environment, library: new LoadedLibrary({ version: 1, primitives: [], aliases: [], definitions: [], groups: [] }) };

const directory = join(import.meta.dirname, '../../golden/state/v1');
const codeFile = join(directory, 'code.json');
const states = Object.entries(GOLDEN_STATES);

function archive(): CodeArchive {
  return existsSync(codeFile) ? (JSON.parse(readFileSync(codeFile, 'utf8')) as CodeArchive) : [];
}

function hexFile(name: string): string {
  return join(directory, `${name}.hex`);
}

/** Writes the bytes of a state that has none yet, and what is missing of its code. */
function keep(name: string, { text, options, lead }: GoldenState): void {
  if (existsSync(hexFile(name))) return;
  if (process.env['CI'] === 'true') expect.fail(`golden state ${name} is missing: run the test once outside CI, read the files, commit them`);
  const run = Stage.of(environment, text, options);
  lead(run);
  const known = new Map(archive().map((group) => [group[0], group]));
  for (const group of archiveCode(bare, run.program)) known.set(group[0], group);
  const groups = [...known.values()].sort(([a], [b]) => (a < b ? -1 : 1));
  mkdirSync(directory, { recursive: true });
  writeFileSync(codeFile, `[\n${groups.map((group) => JSON.stringify(group)).join(',\n')}\n]\n`);
  writeFileSync(hexFile(name), `${run.bytes.replace(/.{120}/g, '$&\n').trimEnd()}\n`);
}

function bytesOf(name: string): Uint8Array {
  return hexToBytes(readFileSync(hexFile(name), 'utf8').replaceAll('\n', ''));
}

function load(bytes: Uint8Array): State {
  const table = openCode(bare, archive());
  if (!table.ok) throw new Error(table.error);
  const state = restore(bytes, table.value);
  if (!state.ok) throw new Error(state.error.message);
  return state.value;
}

/** Answers one call at a time, the first one that is no deadline; what happened, in lines. */
function goOn(state: State, { then = {} }: GoldenState, reload: boolean): { readonly calls: readonly string[]; readonly events: readonly string[]; readonly end: string; readonly left: ReturnType<typeof remaining> } {
  const calls: string[] = [];
  const events: Event[] = [];
  const given = new Map<string, number>();
  let at = state;
  for (let turn = 0; turn < 1_000; turn++) {
    const call = at.pending.find((one) => one.capability !== 'step.deadline');
    const count = call === undefined ? 0 : (given.get(call.capability) ?? 0);
    const answers = at.status === 'ready' || call === undefined ? [] : [answerOf(call, then[call.capability]?.[count] ?? null)];
    if (answers.length > 0) {
      calls.push(`${callLine(call!)}${call!.derivedFrom.map((one) => ` from ${one.key} of ${one.context}`).join('')}`);
      given.set(call!.capability, count + 1);
    }
    const advance: Advance = resume(at, answers);
    events.push(...advance.events);
    if (advance.state.status === 'done') return { calls, events: events.sort((a, b) => comparePositions(a.at, b.at)).map(eventLine), end: endText(advance), left: remaining(advance.state) };
    at = reload ? load(snapshot(advance.state)) : advance.state;
  }
  throw new Error('the state does not end');
}

function paragraph(title: string, lines: readonly string[]): string {
  return lines.length === 0 ? '' : `${title}\n${lines.map((line) => `  ${line}\n`).join('')}`;
}

function describeState(golden: GoldenState, state: State): string {
  const waits = paragraph('waits for', state.pending.map((call) => callLine(call)));
  const head = `${golden.text.replace(/\n\s*/g, '\n  ')}\n\nis ${state.status}\n${waits}`;
  if (state.status === 'done') return `${head}\nwith ${endText({ outcome: state.main.status === 'done' ? { kind: 'complete', value: state.main.result } : { kind: 'failed', error: state.main.result as never }, state, events: [] })}\n`;
  const { calls, events, end } = goOn(state, golden, false);
  return `${head}\n${paragraph('then calls', calls)}${paragraph('and tells', events)}\n${end}\n`;
}

describe('version 1', () => {
  test.each(states)('%s is loaded, and goes on', (name, golden) => {
    keep(name, golden);
    const state = load(bytesOf(name));
    expectGolden(`state/v1/${name}.txt`, describeState(golden, state), { directory: join(directory, '../..'), update: false, ci: process.env['CI'] === 'true' });
  });

  test.each(states)('%s is saved as it was', (name) => {
    const bytes = bytesOf(name);
    expect(bytesToHex(snapshot(load(bytes)))).toBe(bytesToHex(bytes));
  });

  test.each(states.filter(([name]) => name !== 'complete' && name !== 'failed'))('%s goes on the same when it is saved at every call', (name, golden) => {
    expect(goOn(load(bytesOf(name)), golden, true)).toEqual(goOn(load(bytesOf(name)), golden, false));
  });

  test('every file belongs to a state', () => {
    const expected = ['code.json', ...states.flatMap(([name]) => [`${name}.hex`, `${name}.txt`])];
    expect(readdirSync(directory).sort()).toEqual(expected.sort());
  });

  test('a state whose code is missing says which', () => {
    const table = openCode(bare, []);
    const result = table.ok ? restore(bytesOf('plain'), table.value) : table;
    expect(result.ok || (typeof result.error === 'string' ? result.error : result.error.message)).toMatch(/^the code [0-9a-f]{64}(, [0-9a-f]{64})* is missing$/);
  });
});
