/**
 * The kernel alone: no reader. It is given code as bytes and answers as bytes, and keeps nothing between two calls but
 * the bytes of a state, as a host would that resumes runs which somebody else began.
 */
import { createRe2Engine } from '../../../src/evaluator/primitives/re2.ts';
import {
  type Advance, type Answer, CodeTable, decodeValue, type ErrorValue, type LibraryImage, LoadedLibrary, printValue, restore, resume, snapshot, start,
  type State,
} from '../../../src/kernel.ts';
import { LIBRARY_IMAGE_TEXT } from '../../../src/library.ts';
import { primitiveTable } from '../../../src/primitives.ts';
import { Digest } from './digest.ts';

/** A compiled program and the answers that its calls get, in order. */
export interface StoredProgram {
  readonly groups: LibraryImage['groups'];
  readonly main: { readonly group: string; readonly member: number };
  /** Values as lists of bytes. */
  /** Those that were given together, in order. */
  readonly answers: readonly (readonly { readonly id: string; readonly ok: boolean; readonly bytes: readonly number[] }[])[];
}

export interface StoredReport {
  readonly kind: Advance['outcome']['kind'];
  /** The printed value, or the kind of error and its message. */
  readonly text: string;
  readonly hash: string;
}

const library = new LoadedLibrary(JSON.parse(LIBRARY_IMAGE_TEXT) as LibraryImage);
const primitives = primitiveTable(createRe2Engine());

export function runStored(program: StoredProgram): StoredReport {
  const code = new LoadedLibrary({ version: 1, primitives: [], aliases: [], definitions: [], groups: program.groups }, library);
  const table = new CodeTable(primitives, (group) => code.group(group) ?? library.group(group));
  const main = code.member(program.main.group, program.main.member);
  if (main === null) throw new Error('the program has no main definition');
  const digest = new Digest();
  let advance = start(table, table.closureOf(main), []);
  for (const together of program.answers) {
    if (together.length === 0) continue;
    digest.advance(advance);
    advance = resume(reloaded(advance.state, table), together.map((stored) => answerTo(advance, stored)));
  }
  digest.advance(advance);
  return { ...verdict(advance), hash: digest.end() };
}

function reloaded(state: State, table: CodeTable): State {
  const restored = restore(snapshot(state), table);
  if (!restored.ok) throw new Error(restored.error.message);
  return restored.value;
}

function answerTo({ outcome }: Advance, stored: StoredProgram['answers'][number][number]): Answer {
  if (outcome.kind !== 'requires-host') throw new Error('there is an answer that nobody waits for');
  const decoded = decodeValue(Uint8Array.from(stored.bytes));
  if (!decoded.ok) throw new Error(decoded.error.message);
  const { id } = stored;
  if (!outcome.calls.some((call) => call.id === id)) throw new Error('there is an answer to another call');
  return stored.ok ? { id, ok: true, value: decoded.value } : { id, ok: false, error: decoded.value as ErrorValue };
}

function verdict({ outcome }: Advance): Omit<StoredReport, 'hash'> {
  if (outcome.kind === 'complete') return { kind: 'complete', text: printValue(outcome.value, { maxLength: 100_000 }) ?? '' };
  if (outcome.kind === 'failed') return { kind: 'failed', text: `${outcome.error.type.name} ${outcome.error.message}` };
  return { kind: outcome.kind, text: 'the run is not over' };
}

/** For engines that are given text only. */
(globalThis as unknown as { rtfsKernelTest: (program: string) => string }).rtfsKernelTest = (program) => JSON.stringify(runStored(JSON.parse(program) as StoredProgram));
