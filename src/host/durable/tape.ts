/**
 * A recorded run, to be gone through again: from its start, or from the checkpoint next to where one wants to be. The recorded answers are
 * all that reaches the machine; no capability can be called from here.
 */
import type { Result } from '../../diagnostic/diagnostic.ts';
import { cancel, resume, start } from '../../evaluator/kernel.ts';
import type { Advance, Event, HostCall, State } from '../../evaluator/state.ts';
import { resumeBranches } from '../branch/turns.ts';
import type { JournalRecord } from '../journal/record.ts';
import type { Head, Store } from '../store/port.ts';
import { Facts } from './facts.ts';
import { branchLogText, branchOf } from './branch-log.ts';
import { patched, readRecords, type Refused, refusedIn, resting, type Stretch, stretchesIn } from './history.ts';
import { afterTurn, type Memory, readMemory } from '../memory.ts';
import type { Runnable } from './program.ts';
import { afterAnswers, afterStretch, DAMAGED_MEMORY, memoryAtStart } from './remember.ts';
import { DURABLE_QUANTUM, entryOf, openRun, type RecoveryWorld, startOptions } from './recover.ts';

/** One stretch of a run, done again. */
export interface Taken {
  readonly advance: Advance;
  /** The calls that the machine waited for at the end of some go: all that the recorded run can have asked for. */
  readonly asked: ReadonlyMap<string, HostCall>;
  /** The state after so many goes, for those that checkpoints were made after. */
  readonly between: ReadonlyMap<number, State>;
}

/** Where a run stands, and what it remembers there. */
export interface Standing extends Advance {
  readonly memory: Memory;
}

/** Where a run was forked from. */
export interface Origin extends Head {
  readonly run: string;
}

export class Tape {
  readonly run: string;
  readonly program: Runnable;
  readonly started: Facts;
  readonly records: readonly JournalRecord[];
  readonly stretches: readonly Stretch[];
  /** Null when it began by itself. */
  readonly origin: Origin | null;
  /** What the run began with, when it was forked. */
  private readonly base: State | null;
  private readonly world: RecoveryWorld;

  private constructor(world: RecoveryWorld, run: string, parts: Pick<Tape, 'program' | 'started' | 'records' | 'origin'> & { readonly base: State | null }) {
    this.world = world;
    this.run = run;
    this.program = parts.program;
    this.started = parts.started;
    this.records = parts.records;
    this.origin = parts.origin;
    this.base = parts.base;
    this.stretches = stretchesIn(parts.records);
  }

  /** `other`: a program to be run in place of the one that was kept. */
  static async open(world: RecoveryWorld, run: string, other: Runnable | null = null): Promise<Result<Tape, string>> {
    const opened = await openRun(world, run);
    if (!opened.ok) return opened;
    const { program, started, options } = opened.value;
    const whose = branchOf(started);
    if (whose !== null) return { ok: false, error: branchLogText(run, whose) };
    const records = await readRecords(world.store, run, 1, undefined, options);
    if (!records.ok) return records;
    const origin = originOf(started);
    if (origin === null) return { ok: true, value: new Tape(world, run, { program: other ?? program, started, records: records.value, origin, base: null }) };
    if (other !== null) return { ok: false, error: `the run was forked from ${origin.run}: it begins in the midst of a program, which cannot be another one` };
    const base = await readCheckpoint(world, records.value[1], program);
    return base.ok ? { ok: true, value: new Tape(world, run, { program, started, records: records.value, origin, base: base.value }) } : base;
  }

  /** Does one stretch: the first one from nothing, each other one from the state after the one before it. */
  take(index: number, before: State | null): Taken {
    const asked = new Map<string, HostCall>();
    const between = new Map<number, State>();
    const events: Event[] = [];
    const wanted = this.goesLookedAt(index);
    const quanta = this.stretches[index + 1]?.input?.quanta ?? [];
    const refused = refusedIn(this.stretches[index]!.records);
    for (let goes = 0, advance: Advance | null = null; ; ) {
      const quantum = quanta[goes] ?? DURABLE_QUANTUM;
      advance = advance === null ? this.first(index, before, quantum) : resume(advance.state, [], { quantum, refused });
      goes += 1;
      for (const event of advance.events) events.push(event);
      const { outcome, state } = advance;
      if ('calls' in outcome) for (const call of outcome.calls) asked.set(call.id, call);
      if (wanted.has(goes)) between.set(goes, state);
      if (outcome.kind !== 'preempted' || goes === quanta.length || this.isFarEnough(index, goes, events.length, asked)) return { advance: { ...advance, events }, asked, between };
    }
  }

  /** The first go of a stretch, with a quantum of its own. */
  first(index: number, before: State | null, quantum: number): Advance {
    const { input, records } = this.stretches[index]!;
    const refused = refusedIn(records);
    if (input === null) return this.begin(quantum, refused);
    switch (input.kind) {
      case 'answers':
        return resumeBranches(before!, input.answers, { quantum, refused });
      case 'cancel':
        return cancel(before!, input.reason, { quantum, refused });
      case 'patch': {
        const state = patched(before!, input.data, input.policy);
        return state.status === 'ready' ? resume(state, [], { quantum, refused }) : resting(state);
      }
    }
  }

  private begin(quantum: number, refused: Refused): Advance {
    const { program, base } = this;
    if (base !== null) return base.status === 'ready' ? resume(base, [], { quantum, refused }) : resting(base);
    const { fn, args } = entryOf(program, this.started);
    return start(program.table, fn, args, { ...startOptions(this.started), quantum, refused });
  }

  /** After how many goes of the stretch checkpoints were made. */
  private goesLookedAt(index: number): ReadonlySet<number> {
    return new Set(this.stretches[index]!.records.filter((record) => this.isLater(record)).map(({ data }) => new Facts(data).numbers('quanta').length));
  }

  /** A run that was stopped may have been anywhere in its last stretch, even in one that never ends: as far as its records go is far enough. */
  private isFarEnough(index: number, goes: number, events: number, asked: ReadonlyMap<string, HostCall>): boolean {
    if (index < this.stretches.length - 1 || this.hasEnded) return false;
    const { records } = this.stretches[index]!;
    const looked = this.goesLookedAt(index);
    // A checkpoint without goes was made where the machine waits.
    if (looked.has(0) || goes < Math.max(...looked, 1) || events < eventLines(records).length) return false;
    return records.every(({ kind, data }) => kind !== 'call-requested' || asked.has(new Facts(data).text('call') ?? ''));
  }

  get hasEnded(): boolean {
    const last = this.records.at(-1)?.kind;
    return last === 'run-complete' || last === 'run-failed' || last === 'run-cancelled';
  }

  /** Where the run stands after the stretch, from the checkpoint next to it. */
  async after(index: number): Promise<Result<Standing, string>> {
    for (let at = index; at >= 0; at--) {
      const kept = await this.kept(at);
      if (kept === null) continue;
      return kept.ok ? this.onwards({ advance: resting(kept.value.state), memory: kept.value.memory }, at + 1, index) : kept;
    }
    const memory = this.origin === null ? memoryAtStart(this.started) : readMemory(new Facts(this.records[1]!.data).value('memory'));
    return memory === null ? DAMAGED_MEMORY : this.onwards({ advance: null, memory }, 0, index);
  }

  private onwards(standing: { readonly advance: Advance | null; readonly memory: Memory }, from: number, to: number): Result<Standing, string> {
    let { advance, memory } = standing;
    for (let index = from; index <= to; index++) {
      advance = this.take(index, advance === null ? null : advance.state).advance;
      const after = afterStretch(memory, this.stretches[index]!.records, advance);
      if (after === null) return DAMAGED_MEMORY;
      memory = after;
    }
    return { ok: true, value: { ...advance!, memory } };
  }

  /** What the run remembers in the midst of a stretch, when that has happened of it. */
  async memoryWithin(index: number, events: readonly Event[], pending: readonly HostCall[]): Promise<Result<Memory, string>> {
    const before = index === 0 ? ({ ok: true, value: { memory: memoryAtStart(this.started) } } as const) : await this.after(index - 1);
    if (!before.ok) return before;
    const begun = afterAnswers(before.value.memory, this.stretches[index]!.records);
    return begun === null ? DAMAGED_MEMORY : { ok: true, value: afterTurn(begun, events, pending) };
  }

  /** The state at the end of the stretch with what is remembered there, when there is a checkpoint of it. */
  private async kept(index: number): Promise<Result<{ readonly state: State; readonly memory: Memory }, string> | null> {
    const quanta = this.stretches[index + 1]?.input?.quanta ?? [];
    const isEnd = (record: JournalRecord): boolean => this.isLater(record) && new Facts(record.data).numbers('quanta').length === quanta.length;
    const record = index === this.stretches.length - 1 ? undefined : this.stretches[index]!.records.findLast(isEnd);
    if (record === undefined) return null;
    const state = await readCheckpoint(this.world, record, this.program);
    const memory = readMemory(new Facts(record.data).value('memory'));
    if (memory === null) return DAMAGED_MEMORY;
    return state.ok ? { ok: true, value: { state: state.value, memory } } : state;
  }

  /** A checkpoint, and not the one that a forked run begins with. */
  private isLater({ kind, seq }: JournalRecord): boolean {
    return kind === 'checkpoint' && (this.origin === null || seq > 2);
  }

  /** The stretch that the record lies in; -1 when there is no such record. */
  stretchOf(seq: number): number {
    return this.stretches.findIndex(({ records }) => (records.at(-1)?.seq ?? 0) >= seq);
  }

  /** The last checkpoint that the plan gave this label. */
  labelled(label: string): JournalRecord | null {
    return this.records.findLast(({ kind, data }) => kind === 'checkpoint' && new Facts(data).text('label') === label) ?? null;
  }

  /** The number of the turn that the stretch is. */
  turnOf(index: number): number {
    const first = this.origin === null ? 0 : (new Facts(this.records[1]!.data).number('turn') ?? 0);
    return this.stretches[index]!.input?.turn ?? first;
  }
}

/** The events that the records tell, as lines of JSON. */
export function eventLines(records: readonly JournalRecord[]): readonly string[] {
  return records.flatMap(({ kind, data }) => (kind === 'turn-ended' ? new Facts(data).items('events').filter((line) => typeof line === 'string') : []));
}

/** Where the run of that start came from; null for one that began by itself. */
export function originOf(started: Facts): Origin | null {
  const run = started.text('from');
  const seq = started.number('seq');
  const hash = started.text('hash');
  return run === null || seq === null || hash === null ? null : { run, seq, hash };
}

async function readCheckpoint(world: Pick<RecoveryWorld, 'keeper'> & { readonly store: Pick<Store, 'content'> }, record: JournalRecord | undefined, { table }: Runnable): Promise<Result<State, string>> {
  const root = record?.kind === 'checkpoint' ? new Facts(record.data).text('root') : null;
  if (root === null) return { ok: false, error: 'the run was forked, and does not say in which state it began' };
  return world.keeper.read(root, world.store, table);
}

