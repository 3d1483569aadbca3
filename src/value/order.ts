/**
 * Equality and the total order (R1, §3 of the language), iterative and budgeted (V3).
 *
 * `compare` is a total preorder on all values: nil < boolean < number < string < keyword < symbol < list and vector <
 * map < set < timestamp < uuid < resource < error < function. Numbers compare by value, an integer before the float of
 * the same value. Strings, keywords and symbols compare by UTF-16 code units. Lists and vectors compare elementwise, a
 * proper prefix first; maps and sets compare as the sequence of their entries in canonical order. NaN is equal to
 * itself here and after every other number; 0.0 ties with -0.0.
 * `compare(a, b) === 0` is what makes two keys of a map one key.
 *
 * `equals` is the language's `=`: `compare(a, b) === 0` but for NaN, which equals nothing.
 */
import { type ErrorValue, Float, type FunctionValue, type Value } from './value.ts';

/** A count of nodes still allowed to be visited; when it runs out, `BudgetSpent` is thrown. */
export interface Budget {
  left: number;
}

/** Thrown by walks over values when their budget is spent; never seen outside the rooms that set budgets. */
export class BudgetSpent {
  readonly name = 'BudgetSpent';
}

const UNLIMITED: Budget = { left: Number.POSITIVE_INFINITY };

export function equals(a: Value, b: Value, budget: Budget = UNLIMITED): boolean {
  if (a === b) return typeof a !== 'number' || a === a;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  return walk(a, b, budget, true) === 0;
}

export function compare(a: Value, b: Value, budget: Budget = UNLIMITED): number {
  if (a === b) return 0;
  if (typeof a === 'number' && typeof b === 'number') return compareNumbers(a, b);
  if (typeof a === 'string' && typeof b === 'string') return a < b ? -1 : 1;
  return walk(a, b, budget, false);
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

function rank(value: Value): number {
  switch (typeof value) {
    case 'boolean':
      return 1;
    case 'number':
    case 'bigint':
      return 2;
    case 'string':
      return 3;
    default:
      break;
  }
  if (value === null) return 0;
  switch (value.kind) {
    case 'float':
      return 2;
    case 'keyword':
      return 4;
    case 'symbol':
      return 5;
    case 'list':
    case 'vector':
      return 6;
    case 'map':
      return 7;
    case 'set':
      return 8;
    case 'timestamp':
      return 9;
    case 'uuid':
      return 10;
    case 'resource':
      return 11;
    case 'error':
      return 12;
    case 'function':
      return 13;
  }
}

function compareText(a: string, b: string): number {
  return a === b ? 0 : a < b ? -1 : 1;
}

/** Orders two values without looking inside collections; undefined means that the parts decide. */
function compareShallow(a: Value, b: Value, strict: boolean): number | undefined {
  const rankA = rank(a);
  const rankB = rank(b);
  if (rankA !== rankB) return rankA - rankB;
  switch (rankA) {
    case 0:
      return 0;
    case 1:
      return a === b ? 0 : a === false ? -1 : 1;
    case 2: {
      const order = compareNumbers(a as number, b as number);
      return order === 0 && strict && a !== a ? 1 : order;
    }
    case 3:
      return compareText(a as string, b as string);
    default:
      break;
  }
  // From here on both are objects of the same rank.
  const x = a as Exclude<Value, null | boolean | number | bigint | string>;
  const y = b as typeof x;
  if (x.kind === 'keyword' || x.kind === 'symbol') return compareText(x.name, (y as typeof x).name);
  if (x.kind === 'timestamp') return x.epochMs - (y as typeof x).epochMs;
  if (x.kind === 'uuid') return compareText(x.text, (y as typeof x).text);
  if (x.kind === 'resource') return compareText(x.uri, (y as typeof x).uri);
  if (x.kind === 'function') return compareFunctionIdentity(x, y as FunctionValue);
  if (strict && (x.kind === 'map' || x.kind === 'set') && x.size !== (y as typeof x).size) return 1;
  if (strict && (x.kind === 'list' || x.kind === 'vector') && x.size !== (y as typeof x).size) return 1;
  return undefined;
}

function compareFunctionIdentity(a: FunctionValue, b: FunctionValue): number | undefined {
  if (a.primitive || b.primitive) {
    if (a.primitive && b.primitive) return compareText(a.name, b.name);
    return a.primitive ? -1 : 1;
  }
  const byGroup = compareText(a.code.group, b.code.group) || a.code.unit - b.code.unit;
  if (byGroup !== 0) return byGroup;
  if (a.captures === b.captures) return 0;
  return a.captures.length - b.captures.length || undefined;
}

function* parts(value: Value): IterableIterator<Value> {
  const v = value as Exclude<Value, null | boolean | number | bigint | string>;
  switch (v.kind) {
    case 'list':
    case 'vector':
      yield* v;
      return;
    case 'map':
      for (const [key, item] of v) {
        yield key;
        yield item;
      }
      return;
    case 'set':
      yield* v;
      return;
    case 'function':
      if (!v.primitive) yield* v.captures;
      return;
    case 'error':
      yield* errorParts(v);
      return;
    default:
      return;
  }
}

function* errorParts(error: ErrorValue): IterableIterator<Value> {
  yield error.type;
  yield error.message;
  yield error.data;
  yield error.span;
  yield error.stack;
}

function iterate(value: Value): Iterator<Value> {
  if (value !== null && typeof value === 'object' && (value.kind === 'vector' || value.kind === 'list' || value.kind === 'set')) {
    return value[Symbol.iterator]();
  }
  return parts(value);
}

function walk(a: Value, b: Value, budget: Budget, strict: boolean): number {
  const first = compareShallow(a, b, strict);
  if (first !== undefined) return first;
  const left: Iterator<Value>[] = [iterate(a)];
  const right: Iterator<Value>[] = [iterate(b)];
  while (left.length > 0) {
    const top = left.length - 1;
    const x = left[top]!.next();
    const y = right[top]!.next();
    if (x.done === true || y.done === true) {
      if (x.done !== y.done) return x.done === true ? -1 : 1;
      left.pop();
      right.pop();
      continue;
    }
    // Identical parts need no look inside, save that NaN is not equal to itself.
    if (x.value === y.value && (!strict || typeof x.value === 'string' || isAtomEqualToItself(x.value))) continue;
    if (--budget.left < 0) throw new BudgetSpent();
    const order = compareShallow(x.value, y.value, strict);
    if (order === undefined) {
      left.push(iterate(x.value));
      right.push(iterate(y.value));
    } else if (order !== 0) return order;
  }
  return 0;
}

// `=` takes the same object for equal, as Clojure does, even when a NaN hides inside; a bare NaN is caught.
function isAtomEqualToItself(value: Value): boolean {
  return typeof value !== 'number' || value === value;
}
