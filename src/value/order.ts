/**
 * Equality and the total order (R1, §3 of the language), iterative and resistant to attack (V3).
 *
 * `compare` is a total preorder on all values: nil < boolean < number < string < keyword < symbol < list and vector <
 * map < set < timestamp < uuid < resource < error < function. Numbers compare by value, an integer before the float of
 * the same value. Strings, keywords and symbols compare by UTF-16 code units. Lists and vectors compare elementwise, a
 * proper prefix first; maps and sets compare as the sequence of their entries in canonical order. NaN is equal to
 * itself here and after every other number; 0.0 ties with -0.0.
 * `compare(a, b) === 0` is what makes two keys of a map one key.
 *
 * `equals` is the language's `=`: `compare(a, b) === 0` but for NaN, which equals nothing, wherever it stands in data.
 * `isSame` is sameness of bytes (V4): no comfort for lists, zeros or NaN. Functions and errors are opaque: what they
 * hold is compared by sameness in every mode, for a function that holds a list is not one that holds a vector.
 *
 * No answer, and no charge to a budget, depends on which parts are one object in memory: a run that was saved and
 * restored has other identities. Identity is used only where it cannot show, as a short cut. Pairs found equal are
 * remembered as classes (union-find), so comparing values with shared parts is linear in the number of their objects.
 */
import { ArrayCursor, type Cursor } from './cursor.ts';
import { LargeMap } from './large-map.ts';
import { Float, type FunctionValue, Keyword, type Value } from './value.ts';

/** A count of parts still allowed to be compared, shared ones each time; when it runs out, `BudgetSpent` is thrown. */
export interface Budget {
  left: number;
}

/** Thrown by walks over values when their budget is spent; never seen outside the rooms that set budgets. */
export class BudgetSpent {
  readonly name = 'BudgetSpent';
}

const UNLIMITED: Budget = { left: Number.POSITIVE_INFINITY };

/** How equal is equal. */
type Mode = 'order' | 'equality' | 'sameness';

export function equals(a: Value, b: Value, budget: Budget = UNLIMITED): boolean {
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return a === b;
  if (a instanceof Keyword && b instanceof Keyword) return a === b || a.name === b.name;
  return compareFully(a, b, 'equality', budget, null) === 0;
}

export function compare(a: Value, b: Value, budget: Budget = UNLIMITED): number {
  if (a === b && (budget === UNLIMITED || typeof a !== 'object')) return 0;
  if (typeof a === 'number' && typeof b === 'number') return compareNumbers(a, b);
  if (typeof a === 'string' && typeof b === 'string') return a < b ? -1 : 1;
  return compareFully(a, b, 'order', budget, null);
}

/** Whether the two have the same canonical bytes. */
export function isSame(a: Value, b: Value): boolean {
  return a === b || compareFully(a, b, 'sameness', UNLIMITED, null) === 0;
}

/**
 * Which of two keys that compare equal a map keeps: the one with a vector where the other has a list, at the first
 * place where they differ. That is the greater one in the total order of sameness, so it depends neither on which came
 * first nor, among several, on how they met.
 */
export function preferredKey(a: Value, b: Value): Value {
  if (a === b || typeof a !== 'object' || a === null) return a;
  return compareFully(a, b, 'sameness', UNLIMITED, null) < 0 ? b : a;
}

/**
 * `compare` for many comparisons of values that have parts in common: what has been found about a pair of objects is
 * remembered from one comparison to the next.
 */
export class Comparison {
  private readonly memory = new Memory(true);

  compare(a: Value, b: Value): number {
    return a === b ? 0 : compareFully(a, b, 'order', UNLIMITED, this.memory);
  }
}

/** Negative, zero or positive as `a` stands before, with or after `b` in the order of `compare`; both are numbers of the language. */
export function compareNumbers(a: number | bigint | Float, b: number | bigint | Float): number {
  const x = a instanceof Float ? a.value : a;
  const y = b instanceof Float ? b.value : b;
  if (x < y) return -1;
  if (x > y) return 1;
  if (x !== x || y !== y) return x === x ? -1 : y === y ? 1 : 0;
  return (a instanceof Float ? 1 : 0) - (b instanceof Float ? 1 : 0);
}

type ObjectValue = Extract<Value, object>;

const RANK_NUMBER = 2;
const RANK_STRING = 3;

function rank(value: Value): number {
  switch (typeof value) {
    case 'boolean':
      return 1;
    case 'number':
    case 'bigint':
      return RANK_NUMBER;
    case 'string':
      return RANK_STRING;
    default:
      return value === null ? 0 : RANKS[value.kind];
  }
}

const RANKS: Readonly<Record<ObjectValue['kind'], number>> = {
  float: RANK_NUMBER,
  keyword: 4,
  symbol: 5,
  list: 6,
  vector: 6,
  map: 7,
  set: 8,
  timestamp: 9,
  uuid: 10,
  resource: 11,
  error: 12,
  function: 13,
};

function compareText(a: string, b: string): number {
  return a === b ? 0 : a < b ? -1 : 1;
}

/** Orders two values without looking inside collections; undefined means that the parts decide. */
function compareShallow(a: Value, b: Value, mode: Mode): number | undefined {
  if (a === b && (typeof a !== 'object' || a === null)) return 0;
  const rankA = rank(a);
  const rankB = rank(b);
  if (rankA !== rankB) return rankA - rankB;
  if (rankA === RANK_NUMBER) return compareNumbersIn(a as number, b as number, mode);
  if (rankA === RANK_STRING) return compareText(a as string, b as string);
  if (typeof a === 'boolean') return a ? 1 : -1;
  return compareObjects(a as ObjectValue, b as ObjectValue, mode);
}

function compareNumbersIn(a: number | bigint | Float, b: number | bigint | Float, mode: Mode): number {
  const order = compareNumbers(a, b);
  if (order !== 0) return order;
  if (mode === 'equality') return a === a ? 0 : 1;
  if (mode === 'order' || !(a instanceof Float) || !(b instanceof Float)) return 0;
  return (Object.is(b.value, -0) ? 1 : 0) - (Object.is(a.value, -0) ? 1 : 0);
}

/** `compareShallow` for two objects of the same rank. */
function compareObjects(a: ObjectValue, b: ObjectValue, mode: Mode): number | undefined {
  switch (a.kind) {
    case 'keyword':
    case 'symbol':
      return compareText(a.name, (b as typeof a).name);
    case 'timestamp':
      return a.epochMs - (b as typeof a).epochMs;
    case 'uuid':
      return compareText(a.text, (b as typeof a).text);
    case 'resource':
      return compareText(a.uri, (b as typeof a).uri);
    case 'function':
      return compareCode(a, b as FunctionValue);
    case 'list':
    case 'vector':
    case 'map':
    case 'set':
      return compareShape(a, b as typeof a, mode);
    case 'error':
    case 'float':
      return undefined;
  }
}

type Collection = Extract<Value, { kind: 'list' | 'vector' | 'map' | 'set' }>;

/** Where only equality counts, another size or kind of sequence decides at once. */
function compareShape(a: Collection, b: Collection, mode: Mode): number | undefined {
  if (mode === 'sameness' && a.kind !== b.kind) return a.kind === 'list' ? -1 : 1;
  if (mode !== 'order' && a.size !== b.size) return a.size - b.size;
  return a.size === 0 && b.size === 0 ? 0 : undefined;
}

function compareCode(a: FunctionValue, b: FunctionValue): number | undefined {
  if (a.primitive || b.primitive) {
    if (a.primitive && b.primitive) return compareText(a.name, b.name);
    return a.primitive ? -1 : 1;
  }
  const byCode = compareText(a.code.group, b.code.group) || a.code.unit - b.code.unit || a.captures.length - b.captures.length;
  return byCode !== 0 || a.captures.length === 0 ? byCode : undefined;
}

/** The parts of a value whose parts decide. */
function partsOf(value: ObjectValue): Cursor {
  switch (value.kind) {
    case 'list':
    case 'vector':
    case 'map':
    case 'set':
      return value.cursor();
    case 'error':
      return new ArrayCursor([value.type, value.message, value.data, value.span, value.stack]);
    case 'function':
      return new ArrayCursor(value.primitive ? [] : value.captures);
    default:
      return new ArrayCursor([]);
  }
}

function modeInside(value: ObjectValue, mode: Mode): Mode {
  return value.kind === 'function' || value.kind === 'error' ? 'sameness' : mode;
}

/** A pair of composites that is being compared. */
class Pair {
  readonly a: ObjectValue;
  readonly b: ObjectValue;
  /** For the parts. */
  readonly mode: Mode;
  readonly left: Cursor;
  readonly right: Cursor;
  /** Parts compared so far, those of parts included. */
  cost = 0;
  constructor(a: ObjectValue, b: ObjectValue, mode: Mode) {
    this.a = a;
    this.b = b;
    this.mode = modeInside(a, mode);
    this.left = partsOf(a);
    this.right = partsOf(b);
  }
}

/** Remembering costs more than comparing as long as no more pairs than this have been met. */
const PAIRS_BEFORE_MEMORY = 10_000;

function compareFully(a: Value, b: Value, mode: Mode, budget: Budget, kept: Memory | null): number {
  const shallow = compareShallow(a, b, mode);
  if (shallow !== undefined) return shallow;
  let memory = kept;
  const known = memory?.find(a as ObjectValue, b as ObjectValue, mode);
  if (known !== undefined) return known.order;
  const stack: Pair[] = [new Pair(a as ObjectValue, b as ObjectValue, mode)];
  for (let pairs = 1, top = stack[0]; top !== undefined; top = stack[stack.length - 1]) {
    const x = top.left.next();
    const y = top.right.next();
    if (x === undefined && y === undefined) {
      stack.pop();
      memory?.equal(top);
      const below = stack[stack.length - 1];
      if (below !== undefined) below.cost += top.cost;
      continue;
    }
    top.cost += 1;
    budget.left -= 1;
    if (budget.left < 0) throw new BudgetSpent();
    const order = x === undefined ? -1 : y === undefined ? 1 : compareParts(x, y, top, budget, memory);
    if (order === 0) continue;
    if (order !== undefined) {
      memory?.different(stack, order);
      return order;
    }
    stack.push(new Pair(x as ObjectValue, y as ObjectValue, top.mode));
    pairs += 1;
    if (pairs > PAIRS_BEFORE_MEMORY) memory ??= new Memory(false);
  }
  return 0;
}

/** The order of two parts of a pair if it can be told without walking them, charged as if they were walked. */
function compareParts(x: Value, y: Value, pair: Pair, budget: Budget, memory: Memory | null): number | undefined {
  const shallow = compareShallow(x, y, pair.mode);
  if (shallow !== undefined) return shallow;
  const mode = modeInside(x as ObjectValue, pair.mode);
  // The same object is equal to itself but for a NaN inside it; and where there is a budget its walk has to be charged.
  if (x === y && mode !== 'equality' && budget === UNLIMITED) return 0;
  const known = memory?.find(x as ObjectValue, y as ObjectValue, pair.mode);
  if (known === undefined) return undefined;
  pair.cost += known.cost;
  budget.left -= known.cost;
  if (budget.left < 0) throw new BudgetSpent();
  return known.order;
}

interface Known {
  readonly order: number;
  readonly cost: number;
}

/** Most pairs found to be different that are kept. */
const DIFFERENT_MAX = 1_000_000;

/** What is known of pairs of objects: by mode, because sameness inside an opaque value is not equality outside. */
class Memory {
  private readonly outside: Relation;
  private readonly inside: Relation;

  constructor(keepsDifferent: boolean) {
    this.outside = new Relation(keepsDifferent ? DIFFERENT_MAX : 0);
    this.inside = new Relation(keepsDifferent ? DIFFERENT_MAX : 0);
  }

  /** `mode` is that of the surroundings of the pair. */
  find(a: ObjectValue, b: ObjectValue, mode: Mode): Known | undefined {
    return (modeInside(a, mode) === 'sameness' ? this.inside : this.outside).find(a, b);
  }

  equal(pair: Pair): void {
    this.relationOf(pair).unite(pair.a, pair.b, pair.cost);
  }

  /** All open pairs differ when a part of the innermost does. */
  different(open: readonly Pair[], order: number): void {
    for (const pair of open) this.relationOf(pair).part(pair.a, pair.b, { order, cost: pair.cost });
  }

  private relationOf(pair: Pair): Relation {
    return pair.mode === 'sameness' ? this.inside : this.outside;
  }
}

/** Objects that are equal, found as such pair by pair. All of a class have the same cost. */
class EqualClass {
  /** The class that this one was merged into. */
  merged: EqualClass | null = null;
  readonly known: Known;
  constructor(cost: number) {
    this.known = { order: 0, cost };
  }
}

/** Which objects are known to be equal (union-find), and which pairs are known to differ. */
class Relation {
  private readonly classes = new LargeMap<object, EqualClass>();
  private readonly unequal = new Map<object, Map<object, Known>>();
  private room: number;

  constructor(differentMax: number) {
    this.room = differentMax;
  }

  find(a: object, b: object): Known | undefined {
    const classOfA = this.classOf(a);
    if (classOfA !== undefined && classOfA === (a === b ? classOfA : this.classOf(b))) return classOfA.known;
    return this.unequal.get(a)?.get(b);
  }

  unite(a: object, b: object, cost: number): void {
    const classOfA = this.classOf(a);
    const classOfB = this.classOf(b);
    const together = classOfA ?? classOfB ?? new EqualClass(cost);
    if (classOfA === undefined) this.classes.set(a, together);
    if (classOfB === undefined) this.classes.set(b, together);
    else if (classOfB !== together) classOfB.merged = together;
  }

  part(a: object, b: object, known: Known): void {
    if (this.room === 0) return;
    this.room -= 1;
    let others = this.unequal.get(a);
    if (others === undefined) this.unequal.set(a, (others = new Map()));
    others.set(b, known);
  }

  /** Undefined for an object that has not been found equal to anything. Halves the paths that it follows. */
  private classOf(object: object): EqualClass | undefined {
    let found = this.classes.get(object);
    while (found !== undefined && found.merged !== null) {
      if (found.merged.merged !== null) found.merged = found.merged.merged;
      found = found.merged;
    }
    return found;
  }
}
