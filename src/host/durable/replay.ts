/**
 * Replaying a run against its journal (H4): the machine is given the recorded answers, and everything that it asks for and tells is
 * compared with what was recorded, record by record. The first difference ends it.
 */
import type { Result } from '../../diagnostic/diagnostic.ts';
import { comparePositions } from '../../evaluator/event.ts';
import { eventToJson } from '../../evaluator/event-value.ts';
import { snapshot } from '../../evaluator/snapshot.ts';
import type { HostCall, State } from '../../evaluator/state.ts';
import { encodeValue } from '../../value/bytes.ts';
import { printBrief } from '../../value/print.ts';
import { ErrorValue, type Value } from '../../value/value.ts';
import { BRANCH_CAPABILITY, isOfBranch } from '../branch/turns.ts';
import { breathe } from '../breathe.ts';
import type { JournalRecord } from '../journal/record.ts';
import { recordData } from '../journal/record.ts';
import { MERGE } from '../security/governance.ts';
import { Facts } from './facts.ts';
import type { Runnable } from './program.ts';
import { callFacts } from './record-data.ts';
import type { RecoveryWorld } from './recover.ts';
import { eventLines, type Taken, Tape } from './tape.ts';

export interface Difference {
  /** Of the record that says something else. */
  readonly seq: number;
  /** What is different, for people. */
  readonly what: string;
  /** What was recorded, as text. */
  readonly expected: string;
  readonly got: string;
}

export type ReplayReport = {
  /** Those that were looked at. */
  readonly records: number;
  readonly calls: number;
  readonly checkpoints: number;
} & ({ readonly kind: 'identical'; readonly hasEnded: boolean } | { readonly kind: 'diverged'; readonly difference: Difference });

export interface ReplayOptions {
  /** A program to be run in place of the recorded one: would it do the same? */
  readonly program?: Runnable;
  /** Told now and then how many records are done. */
  readonly progress?: (done: number, all: number) => void;
  readonly signal?: AbortSignal;
}

/** The problem, for people, when the run cannot be replayed at all. */
export async function replayRun(world: RecoveryWorld, run: string, options: ReplayOptions = {}): Promise<Result<ReplayReport, string>> {
  const tape = await Tape.open(world, run, options.program ?? null);
  if (!tape.ok) return tape;
  return new Replay(world, tape.value, options).run();
}

/** Characters of a value in a message. */
const SHOWN_MAX = 2_000;
/** Stretches after which others get their turn. */
const STRETCHES_AT_ONCE = 200;

class Replay {
  private readonly world: RecoveryWorld;
  private readonly tape: Tape;
  private readonly options: ReplayOptions;
  private records = 0;
  private calls = 0;
  private checkpoints = 0;

  constructor(world: RecoveryWorld, tape: Tape, options: ReplayOptions) {
    this.world = world;
    this.tape = tape;
    this.options = options;
  }

  async run(): Promise<Result<ReplayReport, string>> {
    const { tape, options } = this;
    let state: State | null = null;
    for (let index = 0; index < tape.stretches.length; index++) {
      if (index % STRETCHES_AT_ONCE === 0) {
        options.progress?.(this.records, tape.records.length);
        await breathe();
        if (options.signal?.aborted === true) return { ok: false, error: `stopped after record ${this.records}` };
      }
      const before = state;
      const unexpected = this.unexpectedAnswer(index, before);
      if (unexpected !== null) return this.report(unexpected);
      const taken = tape.take(index, before);
      const difference = await this.compare(index, before, taken);
      if (typeof difference === 'string') return { ok: false, error: difference };
      if (difference !== null) return this.report(difference);
      state = taken.advance.state;
    }
    return this.report(null);
  }

  private report(difference: Difference | null): Result<ReplayReport, string> {
    const { records, calls, checkpoints } = this;
    const counts = { records, calls, checkpoints };
    return { ok: true, value: difference === null ? { ...counts, kind: 'identical', hasEnded: this.tape.hasEnded } : { ...counts, kind: 'diverged', difference } };
  }

  /** An answer to a call that the machine does not wait for. */
  private unexpectedAnswer(index: number, before: State | null): Difference | null {
    const { input, records } = this.tape.stretches[index]!;
    if (input?.kind !== 'answers' || before === null) return null;
    for (const { id } of input.answers) {
      // What a worker tells of a branch is taken as far as the branch waits for it.
      if (isOfBranch(id) || before.pending.some((call) => call.id === id)) continue;
      const record = records.find(({ kind, data }) => kind === 'call-answered' && (new Facts(data).text('call') ?? '') === id);
      return { seq: record?.seq ?? input.seq, what: `the answer to call ${id}`, expected: `the program waits for call ${id}`, got: standing(before) };
    }
    return null;
  }

  /** A string says what is wrong with the store. */
  private async compare(index: number, before: State | null, taken: Taken): Promise<Difference | string | null> {
    const { records } = this.tape.stretches[index]!;
    const events = new EventComparison(taken, eventLines(records), index === this.tape.stretches.length - 1 && !this.tape.hasEnded);
    for (const record of records) {
      const difference = await this.compareRecord(record, index, before, taken, events);
      if (difference !== null) return difference;
      this.records += 1;
    }
    return events.missing(records.at(-1)?.seq ?? 0);
  }

  private async compareRecord(record: JournalRecord, index: number, before: State | null, taken: Taken, events: EventComparison): Promise<Difference | string | null> {
    const facts = new Facts(record.data);
    switch (record.kind) {
      case 'call-requested':
      case 'approval-requested': {
        // The merge itself is among the events; that somebody was asked about it, or that a branch was given out, says nothing of the program.
        if (facts.text('capability') === MERGE || facts.text('capability') === BRANCH_CAPABILITY) return null;
        this.calls += record.kind === 'call-requested' ? 1 : 0;
        // What was refused is written with the answer that it got, as part of the next turn.
        const isOfBefore = facts.text('refused') !== null && facts.number('turn') === this.tape.stretches[index]!.input?.turn;
        const call = facts.text('call') ?? '';
        const asked = isOfBefore ? before?.pending.find(({ id }) => id === call) : taken.asked.get(call);
        return asked === undefined ? { seq: record.seq, what: `call ${call}`, expected: callText(facts), got: standing((isOfBefore ? before : null) ?? taken.advance.state) } : callDifference(record.seq, facts, asked);
      }
      case 'turn-ended':
        return events.compare(record.seq, eventLines([record]));
      case 'checkpoint':
        return this.compareCheckpoint(record.seq, facts, taken);
      case 'run-complete':
      case 'run-failed':
      case 'run-cancelled':
        return this.compareEnd(record, facts, taken);
      default:
        return null;
    }
  }

  private async compareCheckpoint(seq: number, facts: Facts, { advance, between }: Taken): Promise<Difference | string | null> {
    // States of another program are others; what a fork began with is what it was given.
    if (this.options.program !== undefined || (seq === 2 && this.tape.origin !== null)) return null;
    const { store, keeper } = this.world;
    const goes = facts.numbers('quanta').length;
    const state = goes === 0 ? advance.state : (between.get(goes) ?? advance.state);
    const root = facts.text('root') ?? '';
    this.checkpoints += 1;
    const { root: got } = keeper.write(state);
    if (got === root) return null;
    // One state may be cut into pieces in several ways.
    const kept = await keeper.read(root, store, this.tape.program.table);
    if (!kept.ok) return `record ${seq}: ${kept.error}`;
    return sameBytes(snapshot(kept.value), snapshot(state)) ? null : { seq, what: 'the state at the checkpoint', expected: `state ${root}: ${standing(kept.value)}`, got: `state ${got}: ${standing(state)}` };
  }

  private compareEnd({ seq, kind }: JournalRecord, facts: Facts, { advance: { outcome, state } }: Taken): Difference | null {
    // The program did not come to it.
    if (facts.text('by') === 'host') return null;
    const isComplete = kind === 'run-complete';
    const expected = isComplete ? facts.value('value') : facts.value('error');
    const shown = `${isComplete ? 'complete with' : 'failed with'} ${text(expected)}`;
    const what = 'how the run ends';
    if (outcome.kind === 'complete') return isComplete && same(outcome.value, expected) ? null : { seq, what, expected: shown, got: `complete with ${text(outcome.value)}` };
    if (outcome.kind !== 'failed') return { seq, what, expected: shown, got: standing(state) };
    const isSame = !isComplete && (this.options.program === undefined ? same(outcome.error, expected) : expected instanceof ErrorValue && meansTheSame(outcome.error, expected));
    return isSame ? null : { seq, what, expected: shown, got: `failed with ${text(outcome.error)}` };
  }
}

/** Events of one stretch: recorded in the order of each go, compared in the order of the run. */
class EventComparison {
  private readonly got: readonly string[];
  private readonly expected: readonly string[];
  /** Of a run that was stopped some events may not be written. */
  private readonly mayLack: boolean;
  private next = 0;

  constructor({ advance }: Taken, recorded: readonly string[], mayLack: boolean) {
    this.got = advance.events.map(eventToJson);
    this.expected = recorded;
    this.mayLack = mayLack;
  }

  compare(seq: number, lines: readonly string[]): Difference | null {
    for (const line of lines) {
      const got = this.got[this.next];
      if (got === line) {
        this.next += 1;
        continue;
      }
      return this.inOrder() ? null : { seq, what: 'an event', expected: line, got: got ?? 'no event' };
    }
    return null;
  }

  /** Whether they are the same when put in order: goes that were cut otherwise tell branches in another one. */
  private inOrder(): boolean {
    const [got, expected] = [ordered(this.got), ordered(this.expected)];
    if (this.mayLack) return expected.every((line) => got.includes(line));
    return got.length === expected.length && expected.every((line, index) => line === got[index]);
  }

  missing(seq: number): Difference | null {
    const extra = this.got.length > this.expected.length && !this.mayLack ? this.got.find((line) => !this.expected.includes(line)) : undefined;
    return extra === undefined ? null : { seq, what: 'an event', expected: 'no more events', got: extra };
  }
}

function ordered(lines: readonly string[]): readonly string[] {
  const at = (line: string): string => String((JSON.parse(line) as { readonly at: unknown }).at);
  return lines.map((line) => [at(line), line] as const).sort((a, b) => comparePositions(a[0], b[0]) || (a[1] < b[1] ? -1 : 1)).map(([, line]) => line);
}

/** The first field of a call that is another one. */
function callDifference(seq: number, recorded: Facts, asked: HostCall): Difference | null {
  const now = new Facts(recordData(callFacts(asked, 0)));
  for (const field of ['capability', 'args', 'options', 'step', 'isolation', 'derived-from']) {
    const [expected, got] = [recorded.value(field), now.value(field)];
    if (!same(expected, got)) return { seq, what: `${field} of call ${asked.id} (:${recorded.text('capability') ?? ''})`, expected: text(expected), got: text(got) };
  }
  return null;
}

function callText(facts: Facts): string {
  return `(call :${facts.text('capability') ?? ''}${facts.items('args').map((arg) => ` ${text(arg)}`).join('')})`;
}

/** What a state is doing, for people. */
function standing(state: State): string {
  if (state.status === 'done') return state.main.status === 'done' ? `complete with ${text(state.main.result)}` : `failed with ${text(state.main.result)}`;
  if (state.pending.length === 0) return 'the program goes on by itself';
  return `the program waits for ${state.pending.map((call) => `call ${call.id} ${callText(new Facts(recordData(callFacts(call, 0))))}`).join(', ')}`;
}

/** Errors of two texts of a program: places differ with the text. */
function meansTheSame(a: ErrorValue, b: ErrorValue): boolean {
  return a.type === b.type && a.message === b.message && same(a.data, b.data);
}

function same(a: Value, b: Value): boolean {
  return sameBytes(encodeValue(a), encodeValue(b));
}

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, index) => byte === b[index]);
}

function text(value: Value): string {
  return printBrief(value, SHOWN_MAX);
}
