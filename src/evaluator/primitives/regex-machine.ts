/**
 * Runs compiled regular expressions: Pike's simulation of a nondeterministic automaton, one pass over the text, so time
 * is linear in text times pattern (R9). It is ours, and not the compiling library's, for two reasons: every visit of an
 * instruction is paid for with fuel, so that limits are hit at the same point everywhere (M6) and searching again and
 * again over the rest of a text cannot run away; and it keeps nothing from one search to the next.
 *
 * Matches are leftmost, and among those the one that a backtracking search would find first. Positions are code units;
 * the letters are code points.
 */
import type { Meter } from '../limits.ts';
import { chargeFuel } from '../raise.ts';
import { searcher, type Searcher } from './search.ts';
import { chargeScan, widthAt } from './text.ts';

/** What an instruction does. The program goes on at `next`, and for `either` also, with less priority, at `argument`. */
export const Operation = {
  fail: 0,
  match: 1,
  either: 2,
  jump: 3,
  /** Remembers the position in slot `argument`. */
  capture: 4,
  /** Goes on where all conditions in `argument` hold. */
  condition: 5,
  /** Takes the code point `argument`. */
  one: 6,
  any: 7,
  anyButNewline: 8,
  /** Takes what `accepts` says. */
  oneOf: 9,
} as const;

/** Conditions on a place between two code points, as bits. */
const Condition = { lineStart: 1, lineEnd: 2, textStart: 4, textEnd: 8, wordEdge: 16, noWordEdge: 32 } as const;

/** A program as plain data. Instruction 0 always fails. */
export interface RegexProgram {
  readonly operations: Uint8Array;
  readonly next: Int32Array;
  readonly argument: Int32Array;
  readonly accepts: (instruction: number, point: number) => boolean;
  readonly start: number;
  /** Every match begins at the start of the text. */
  readonly fromTextStart: boolean;
  /** Every match begins with this text. */
  readonly prefix: string;
  readonly groupCount: number;
  readonly groupNames: ReadonlyMap<string, number>;
}

/** `whole`: the match is the whole text. `search`: it begins anywhere at or after the position given. */
export type MatchMode = 'whole' | 'search';

/** Start and end of the match, then of each group; -1 where a group took no part. */
export type Captures = Int32Array;

/** The threads that are alive at one position, in order of priority: a set that remembers its order. */
interface Threads {
  /** Where an instruction stands in `dense`, if it does. */
  readonly sparse: Int32Array;
  readonly dense: Int32Array;
  /** The slots of each thread, in the order of `dense`. */
  captures: Int32Array;
  size: number;
}

/** Runs one program. It owns scratch space, so one search at a time; from one to the next nothing is kept. */
export class RegexMachine {
  readonly program: RegexProgram;
  private readonly slots: number;
  private readonly prefix: Searcher | null;
  /** Pairs of what is still to be followed: an instruction and 0, or a slot as -1 - slot and its value before. */
  private readonly pending: Int32Array;
  private readonly best: Int32Array;
  private current: Threads;
  private following: Threads;
  private visits = 0;

  constructor(program: RegexProgram) {
    this.program = program;
    this.slots = 2 * (program.groupCount + 1);
    this.prefix = program.prefix === '' ? null : searcher(program.prefix);
    this.pending = new Int32Array(2 * program.operations.length + 2);
    this.best = new Int32Array(this.slots);
    this.current = newThreads(program.operations.length, this.slots);
    this.following = newThreads(program.operations.length, this.slots);
  }

  /** The first match, or null. `from` is a code unit between two code points. */
  run(text: string, from: number, mode: MatchMode, meter: Meter): Captures | null {
    this.current.size = 0;
    this.following.size = 0;
    this.visits = 0;
    let found = false;
    for (let unit = from; ; ) {
      if (this.current.size === 0) {
        if (found) break;
        unit = this.nextStart(text, unit, from, mode, meter);
        if (unit < 0) break;
      }
      if (!found && (mode === 'search' || unit === from)) this.spawn(text, unit);
      const width = unit < text.length ? widthAt(text, unit) : 0;
      if (this.step(text, unit, width, mode)) found = true;
      chargeFuel(meter, this.visits);
      this.visits = 0;
      if (width === 0) break;
      unit += width;
      this.advance();
    }
    return found ? this.best.slice() : null;
  }

  /** Where the next match may begin, no thread being alive: `unit` or later; -1 when nowhere. */
  private nextStart(text: string, unit: number, from: number, mode: MatchMode, meter: Meter): number {
    if (unit > 0 && this.program.fromTextStart) return -1;
    if (mode === 'whole') return unit === from ? unit : -1;
    if (this.prefix === null) return unit;
    const at = this.prefix.first(text, unit);
    chargeScan(meter, (at < 0 ? text.length : at) - unit);
    return at;
  }

  /** Starts a match at `unit`, with the least priority. */
  private spawn(text: string, unit: number): void {
    this.best.fill(-1);
    this.best[0] = unit;
    this.follow(this.current, this.program.start, unit, conditionsAt(text, unit), this.best, 0);
  }

  private advance(): void {
    const done = this.current;
    done.size = 0;
    this.current = this.following;
    this.following = done;
  }

  /** Lets every thread take the code point at `unit`; true when one of them has matched. */
  private step(text: string, unit: number, width: number, mode: MatchMode): boolean {
    const { operations, next } = this.program;
    const threads = this.current;
    const after = unit + width;
    const point = width === 0 ? -1 : text.codePointAt(unit)!;
    const conditions = conditionsAt(text, after);
    for (let i = 0; i < threads.size; i++) {
      const instruction = threads.dense[i]!;
      this.visits += 1;
      if (operations[instruction] === Operation.match) {
        if (mode === 'whole' && width !== 0) continue;
        for (let slot = 0; slot < this.slots; slot++) this.best[slot] = threads.captures[i * this.slots + slot]!;
        this.best[1] = unit;
        return true; // the threads behind have less priority
      }
      if (width !== 0 && this.takes(instruction, point)) {
        this.follow(this.following, next[instruction]!, after, conditions, threads.captures, i * this.slots);
      }
    }
    return false;
  }

  private takes(instruction: number, point: number): boolean {
    switch (this.program.operations[instruction]) {
      case Operation.one:
        return this.program.argument[instruction] === point;
      case Operation.any:
        return true;
      case Operation.anyButNewline:
        return point !== 0x0a;
      case Operation.oneOf:
        return this.program.accepts(instruction, point);
      default:
        return false;
    }
  }

  /** Adds to `threads` all that can be reached from `instruction` without taking a code point, best priority first. */
  private follow(threads: Threads, instruction: number, unit: number, conditions: number, captures: Int32Array, offset: number): void {
    const { operations, next, argument } = this.program;
    const pending = this.pending;
    let waiting = 0;
    for (let at = instruction; ; ) {
      while (at !== 0 && isNew(threads, at)) {
        const index = insert(threads, at);
        this.visits += 1;
        switch (operations[at]) {
          case Operation.either:
            pending[waiting++] = argument[at]!;
            pending[waiting++] = 0;
            at = next[at]!;
            break;
          case Operation.jump:
            at = next[at]!;
            break;
          case Operation.condition:
            at = (argument[at]! & ~conditions) === 0 ? next[at]! : 0;
            break;
          case Operation.capture:
            pending[waiting++] = -1 - argument[at]!;
            pending[waiting++] = captures[offset + argument[at]!]!;
            captures[offset + argument[at]!] = unit;
            at = next[at]!;
            break;
          case Operation.fail:
            at = 0;
            break;
          default:
            this.visits += this.slots >> 3;
            storeCaptures(threads, index, captures, offset, this.slots);
            at = 0;
        }
      }
      if (waiting === 0) return;
      waiting -= 2;
      at = pending[waiting]!;
      if (at < 0) {
        captures[offset - 1 - at] = pending[waiting + 1]!;
        at = 0;
      }
    }
  }
}

function newThreads(instructions: number, slots: number): Threads {
  return { sparse: new Int32Array(instructions), dense: new Int32Array(instructions), captures: new Int32Array(8 * slots), size: 0 };
}

function isNew(threads: Threads, instruction: number): boolean {
  const index = threads.sparse[instruction]!;
  return index >= threads.size || threads.dense[index] !== instruction;
}

function insert(threads: Threads, instruction: number): number {
  const index = threads.size++;
  threads.sparse[instruction] = index;
  threads.dense[index] = instruction;
  return index;
}

function storeCaptures(threads: Threads, index: number, captures: Int32Array, offset: number, slots: number): void {
  const target = index * slots;
  if (target + slots > threads.captures.length) {
    const grown = new Int32Array(2 * (target + slots));
    grown.set(threads.captures);
    threads.captures = grown;
  }
  for (let slot = 0; slot < slots; slot++) threads.captures[target + slot] = captures[offset + slot]!;
}

/** The conditions that hold between the code points before and after `unit`. */
function conditionsAt(text: string, unit: number): number {
  const before = unit > 0 ? text.charCodeAt(unit - 1) : -1;
  const after = unit < text.length ? text.charCodeAt(unit) : -1;
  let conditions = isWordLetter(before) === isWordLetter(after) ? Condition.noWordEdge : Condition.wordEdge;
  if (before < 0) conditions |= Condition.textStart | Condition.lineStart;
  else if (before === 0x0a) conditions |= Condition.lineStart;
  if (after < 0) conditions |= Condition.textEnd | Condition.lineEnd;
  else if (after === 0x0a) conditions |= Condition.lineEnd;
  return conditions;
}

/** `\w` is ASCII, as everywhere in RE2. */
function isWordLetter(unit: number): boolean {
  return (unit >= 0x61 && unit <= 0x7a) || (unit >= 0x41 && unit <= 0x5a) || (unit >= 0x30 && unit <= 0x39) || unit === 0x5f;
}
