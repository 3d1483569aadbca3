/**
 * The moments of a recorded run, forwards and backwards: the states in which the machine can be stopped after something has happened.
 * Each is a real state: it is restored from the checkpoint before it and run forward, with the recorded answers.
 */
import type { Result } from '../../diagnostic/diagnostic.ts';
import { remaining, resume } from '../../evaluator/kernel.ts';
import type { Advance, Event, Fiber, State } from '../../evaluator/state.ts';
import type { Memory } from '../memory.ts';
import { refusedIn } from './history.ts';
import { eventLines, type Tape } from './tape.ts';

export interface Moment {
  /** The stretch of the tape that it lies in. */
  readonly index: number;
  /** How many events have happened, counted from the start of the run. */
  readonly event: number;
  /** What has happened since the moment before it. Where the machine cannot be stopped in between, that is more than one event. */
  readonly news: readonly Event[];
  /** Functions that have just been entered, of those that were asked for. */
  readonly entered: readonly string[];
  readonly state: State;
  /** The fuel that is left: less with each moment of a stretch. */
  readonly fuel: number;
  /** The turn is over: the machine waits, or has ended, or the next answer came while it was at work. */
  readonly isEnd: boolean;
  /** The record that it belongs to. */
  readonly seq: number;
}

/** An event as it was recorded. */
export interface RecordedEvent {
  readonly seq: number;
  readonly line: string;
}

export class Timeline {
  readonly tape: Tape;
  /** All events in the journal. The first one has the number 1. */
  readonly events: readonly RecordedEvent[];
  /** How many events come before each stretch. */
  private readonly before: readonly number[];
  /** Stretches that were looked at lately, with the functions that were asked for. */
  private cached: { readonly index: number; readonly names: ReadonlySet<string>; readonly moments: readonly Moment[] }[] = [];

  constructor(tape: Tape) {
    this.tape = tape;
    const events: RecordedEvent[] = [];
    this.before = tape.stretches.map(({ records }) => {
      const count = events.length;
      for (const record of records) for (const line of eventLines([record])) events.push({ seq: record.seq, line });
      return count;
    });
    this.events = events;
  }

  /** The stretch that the event happened in; the number is that of the last event that has happened, 0 for none. */
  stretchOf(event: number): number {
    for (let index = this.before.length - 1; index > 0; index--) if (this.before[index]! < event) return index;
    return 0;
  }

  /** How many events have happened when the stretch begins. */
  countBefore(index: number): number {
    return this.before[index]!;
  }

  /** The events of a stretch as they were recorded. */
  recorded(index: number): readonly RecordedEvent[] {
    return this.events.slice(this.before[index]!, this.before[index + 1] ?? this.events.length);
  }

  /** The moments of a stretch, at least one. `names`: functions whose entries are moments too. */
  async moments(index: number, names: ReadonlySet<string>): Promise<Result<readonly Moment[], string>> {
    const known = this.cached.find((one) => one.index === index && one.names === names);
    if (known !== undefined) return { ok: true, value: known.moments };
    const before = index === 0 ? null : await this.stateAfter(index - 1);
    if (before !== null && !before.ok) return before;
    const moments = this.expand(index, before === null ? null : before.value, names);
    this.cached = [{ index, names, moments }, ...this.cached].slice(0, CACHED_MAX);
    return { ok: true, value: moments };
  }

  /** What the run remembers at the moment. */
  async memoryAt({ index, event, state }: Moment): Promise<Result<Memory, string>> {
    const moments = await this.moments(index, NO_NAMES);
    if (!moments.ok) return moments;
    const events = moments.value.filter((one) => one.event <= event).flatMap((one) => one.news);
    return this.tape.memoryWithin(index, events, state.pending);
  }

  private async stateAfter(index: number): Promise<Result<State, string>> {
    const known = this.cached.find((one) => one.index === index)?.moments.at(-1);
    if (known !== undefined) return { ok: true, value: known.state };
    const after = await this.tape.after(index);
    return after.ok ? { ok: true, value: after.value.state } : after;
  }

  private expand(index: number, before: State | null, names: ReadonlySet<string>): readonly Moment[] {
    const { tape } = this;
    const { advance: whole } = tape.take(index, before);
    const moments: Moment[] = [];
    const lastSeq = tape.stretches[index]!.records.at(-1)?.seq ?? 1;
    let event = this.before[index]!;
    const add = (state: State, news: readonly Event[], entered: readonly string[], isEnd: boolean): void => {
      event += news.length;
      moments.push({ index, event, news, entered, state, fuel: remaining(state).fuel, isEnd, seq: isEnd ? lastSeq : (this.events[event - 1]?.seq ?? lastSeq) });
    };
    let left = whole.events.length;
    const refused = refusedIn(tape.stretches[index]!.records);
    let state: State | null = null;
    while (left > 0 || names.size > 0) {
      const from: State | null = state;
      const go = (quantum: number): Advance => (from === null ? tape.first(index, before, quantum) : resume(from, [], { quantum, refused }));
      const advance = names.size > 0 ? go(0) : smallestGo(go);
      const entered = names.size === 0 ? [] : enteredIn(advance.state.main, names);
      left -= advance.events.length;
      state = advance.state;
      // The last one is there in any case, with all that it brought.
      const isLast = advance.outcome.kind !== 'preempted' || (left <= 0 && isSameMoment(state, whole.state));
      if (isLast) {
        add(whole.state, advance.events, entered, true);
        return moments;
      }
      if (advance.events.length > 0 || entered.length > 0) add(state, advance.events, entered, false);
      if (left <= 0 && whole.outcome.kind === 'preempted') break;
    }
    add(whole.state, [], [], true);
    return moments;
  }
}

const CACHED_MAX = 4;
const NO_NAMES: ReadonlySet<string> = new Set();

/** The same place in the run: no fuel was used in between. */
function isSameMoment(a: State, b: State): boolean {
  return a.status === b.status && a.main.fuel === b.main.fuel && a.main.position === b.main.position;
}

/** The shortest go in which something happens, or which ends where the machine waits. What happens in a go is the same in each longer one. */
function smallestGo(go: (quantum: number) => Advance): Advance {
  const isEnough = ({ events, outcome }: Advance): boolean => events.length > 0 || outcome.kind !== 'preempted';
  let high = 0;
  let advance = go(high);
  let low = 0;
  while (!isEnough(advance)) {
    low = high + 1;
    high = 2 * high + 1;
    advance = go(high);
  }
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    const shorter = go(middle);
    if (isEnough(shorter)) {
      high = middle;
      advance = shorter;
    } else low = middle + 1;
  }
  return advance;
}

/** Functions at whose entry a fiber stands. */
function enteredIn(main: Fiber, names: ReadonlySet<string>): readonly string[] {
  const entered: string[] = [];
  for (const { frame, status } of fibersOf(main)) {
    const name = frame?.arm.code.name ?? null;
    if (status === 'ready' && frame?.point === 0 && name !== null && names.has(name)) entered.push(name);
  }
  return entered;
}

/** The fiber and all branches below it that are under way, in the order of the text. */
export function fibersOf(main: Fiber): readonly Fiber[] {
  const fibers: Fiber[] = [];
  const open = [main];
  for (let fiber = open.pop(); fiber !== undefined; fiber = open.pop()) {
    fibers.push(fiber);
    const branches = fiber.join?.branches ?? [];
    for (let i = branches.length - 1; i >= 0; i--) open.push(branches[i]!);
  }
  return fibers;
}
