/**
 * Comparing types: is every value of one type a value of another, and may two types share a value.
 *
 * Both answers are safe guesses where they cannot know: `isSubtype` is true only when it holds for all values that
 * `evaluator/validate.ts` accepts, `isCompatible` is false only when no value is accepted by both. Recursive structs
 * are compared by assuming what is being proved (a value is finite, so such a proof is one by induction over it).
 *
 * Both end: the work and the nesting are bounded, and beyond the bounds the safe answer is given.
 */
import { ANY, NEVER, NIL, predicate, type PredicateName, type PrimitiveName } from '../ir/type.ts';
import { holds, isImplied, type Predicate } from '../ir/type-predicate.ts';
import { matchesPrimitive } from '../ir/type-primitive.ts';
import { type FunctionView, type PrimitiveView, type RecordEntry, type TypeView, viewType } from '../ir/type-view.ts';
import { MapValue } from '../value/map.ts';
import { compare } from '../value/order.ts';
import type { Value } from '../value/value.ts';
import { Vector } from '../value/vector.ts';

/** Pairs of types looked at. */
const WORK_MAX = 100_000;
const DEPTH_MAX = 300;

export function isSubtype(a: Value, b: Value): boolean {
  const viewA = viewType(a);
  const viewB = viewType(b);
  return viewA !== null && viewB !== null && new Comparison().isSub(viewA.root, viewB.root, 0);
}

/** Whether a value of type `a` may pass where `b` is asked for. */
export function isCompatible(a: Value, b: Value): boolean {
  const viewA = viewType(a);
  const viewB = viewType(b);
  return viewA === null || viewB === null || new Comparison().overlaps(viewA.root, viewB.root, 0);
}

const ANY_VIEW: PrimitiveView = { kind: 'primitive', name: 'any', type: ANY, flat: true };
const NEVER_VIEW: PrimitiveView = { kind: 'primitive', name: 'never', type: NEVER, flat: true };
const NIL_VIEW: PrimitiveView = { kind: 'primitive', name: 'nil', type: NIL, flat: true };

class Comparison {
  private work = 0;
  /** Pairs of records that are being compared further down the stack. */
  private readonly assumed = new Map<TypeView, Set<TypeView>>();

  private isSpent(depth: number): boolean {
    this.work += 1;
    return this.work > WORK_MAX || depth > DEPTH_MAX;
  }

  // --- subtypes ----------------------------------------------------------------------------------------------------

  /** Takes apart, in this order, what must hold for all parts of `a`, for all parts of `b`, for some part of either. */
  isSub(a: TypeView, b: TypeView, depth: number): boolean {
    if (this.isSpent(depth)) return false;
    if (a === b || isNamed(b, 'any') || isNamed(a, 'never')) return true;
    switch (a.kind) {
      case 'optional':
        return this.isSub(NIL_VIEW, b, depth + 1) && this.isSub(a.item, b, depth + 1);
      case 'union':
        return a.items.every((item) => this.isSub(item, b, depth + 1));
      case 'literal':
        return a.values.every((value) => belongs(value, b, false));
      default:
        break;
    }
    switch (b.kind) {
      case 'and':
        return b.items.every((item) => this.isSub(a, item, depth + 1)) && b.predicates.every((wanted) => isImplied(wanted, factsOf(a)));
      case 'optional':
        return isNamed(a, 'nil') || this.isSub(a, b.item, depth + 1) || this.isSomePartSub(a, b, depth);
      case 'union':
        return b.items.some((item) => this.isSub(a, item, depth + 1)) || this.isSomePartSub(a, b, depth);
      default:
        return a.kind === 'and' ? this.isSomePartSub(a, b, depth) : this.isSubShape(a, b, depth);
    }
  }

  private isSomePartSub(a: TypeView, b: TypeView, depth: number): boolean {
    return a.kind === 'and' && a.items.some((item) => this.isSub(item, b, depth + 1));
  }

  /** Neither side is any, never, optional, a union, an :and; `a` is no literal. */
  private isSubShape(a: TypeView, b: TypeView, depth: number): boolean {
    if (b.kind === 'primitive') return isSubPrimitive(a, b.name);
    const sequences = both(sequenceOf(a), sequenceOf(b));
    if (sequences !== null) return this.isSubSequence(...sequences, depth + 1);
    const maps = both(mappingOf(a), mappingOf(b));
    if (maps !== null) return this.assuming(a, b, () => this.isSubMapping(...maps, depth + 1));
    switch (b.kind) {
      case 'set':
        return a.kind === 'set' ? this.isSub(a.item, b.item, depth + 1) : isNamed(a, 'set') && this.isSub(ANY_VIEW, b.item, depth + 1);
      case 'stream':
        return a.kind === 'stream' && this.isSub(a.item, b.item, depth + 1);
      case 'resource':
        return a.kind === 'resource' && a.name === b.name;
      case 'function':
        return a.kind === 'function' && this.isSubFunction(a, b, depth + 1);
      default:
        return false;
    }
  }

  private isSubSequence(a: Sequence, b: Sequence, depth: number): boolean {
    if (b.length !== null && a.length !== b.length) return false;
    if (a.items === null && b.items === null) return a.length === 0 || this.isSub(a.item, b.item, depth);
    const length = a.length ?? b.length ?? 0;
    for (let i = 0; i < length; i++) if (!this.isSub(itemAt(a, i), itemAt(b, i), depth)) return false;
    return true;
  }

  private isSubMapping(a: Mapping, b: Mapping, depth: number): boolean {
    for (const wanted of b.entries) {
      const given = entryOf(a, wanted.key);
      if (given === null ? !wanted.optional : given.optional && !wanted.optional) return false;
      if (given !== null ? !this.isSub(given.view, wanted.view, depth) : belongs(wanted.key, a.key, true) && !this.isSub(a.value, wanted.view, depth)) return false;
    }
    for (const given of a.entries) {
      if (entryOf(b, given.key) !== null) continue;
      if (!belongs(given.key, b.key, false) || !this.isSub(given.view, b.value, depth)) return false;
    }
    return isNamed(a.value, 'never') || (this.isSub(a.key, b.key, depth) && this.isSub(a.value, b.value, depth));
  }

  /** Whoever may be called as `b` says may be called as `a` says: parameters the other way round. */
  private isSubFunction(a: FunctionView, b: FunctionView, depth: number): boolean {
    const count = b.parameters.length;
    if (a.rest === null ? a.parameters.length !== count || b.rest !== null : a.parameters.length > count) return false;
    const parameterOf = (index: number): TypeView => a.parameters[index] ?? a.rest!;
    if (!b.parameters.every((parameter, index) => this.isSub(parameter, parameterOf(index), depth))) return false;
    if (b.rest !== null && !this.isSub(b.rest, a.rest!, depth)) return false;
    return this.isSub(a.result, b.result, depth);
  }

  private assuming(a: TypeView, b: TypeView, prove: () => boolean): boolean {
    const known = this.assumed.get(a) ?? new Set();
    if (known.has(b)) return true;
    this.assumed.set(a, known.add(b));
    const proved = prove();
    known.delete(b);
    return proved;
  }

  // --- overlap -----------------------------------------------------------------------------------------------------

  overlaps(a: TypeView, b: TypeView, depth: number): boolean {
    if (this.isSpent(depth)) return true;
    if (isNamed(a, 'never') || isNamed(b, 'never')) return false;
    if (a.kind === 'literal') return a.values.some((value) => belongs(value, b, true));
    if (b.kind === 'literal') return this.overlaps(b, a, depth + 1);
    const apart = this.overlapsApart(a, b, depth) ?? this.overlapsApart(b, a, depth);
    if (apart !== null) return apart;
    if (isNamed(a, 'any') || isNamed(b, 'any')) return true;
    const sequences = both(sequenceOf(a), sequenceOf(b));
    if (sequences !== null) return this.overlapSequences(...sequences, depth + 1);
    const maps = both(mappingOf(a), mappingOf(b));
    if (maps !== null) return this.overlapMappings(...maps, depth + 1) && this.overlapMappings(maps[1], maps[0], depth + 1);
    return familyOf(a) === familyOf(b);
  }

  /** The answer when `a` is a type made of others for the same value, else null. */
  private overlapsApart(a: TypeView, b: TypeView, depth: number): boolean | null {
    switch (a.kind) {
      case 'optional':
        return belongs(null, b, true) || this.overlaps(a.item, b, depth + 1);
      case 'union':
        return a.items.some((item) => this.overlaps(item, b, depth + 1));
      case 'and':
        return a.items.every((item) => this.overlaps(item, b, depth + 1));
      default:
        return null;
    }
  }

  private overlapSequences(a: Sequence, b: Sequence, depth: number): boolean {
    if (a.length !== null && b.length !== null && a.length !== b.length) return false;
    const length = a.length ?? b.length ?? 0;
    if (a.items === null && b.items === null) return length === 0 || this.overlaps(a.item, b.item, depth);
    for (let i = 0; i < length; i++) if (!this.overlaps(itemAt(a, i), itemAt(b, i), depth)) return false;
    return true;
  }

  /** Whether `b` leaves room for all keys that `a` requires. */
  private overlapMappings(a: Mapping, b: Mapping, depth: number): boolean {
    for (const { key, optional, view } of a.entries) {
      if (optional) continue;
      const other = entryOf(b, key);
      if (other === null && !belongs(key, b.key, true)) return false;
      if (!this.overlaps(view, other === null ? b.value : other.view, depth)) return false;
    }
    return true;
  }
}

// --- atoms -----------------------------------------------------------------------------------------------------------

/** Whether a literal has the type; `unknown` is the answer where that takes an engine for regular expressions. */
function belongs(value: Value, view: TypeView, unknown: boolean): boolean {
  switch (view.kind) {
    case 'primitive':
      return matchesPrimitive(view.name, value);
    case 'literal':
      return view.values.some((one) => compare(one, value) === 0);
    case 'optional':
      return value === null || belongs(value, view.item, unknown);
    case 'union':
      return view.items.some((item) => belongs(value, item, unknown));
    case 'and':
      return view.items.every((item) => belongs(value, item, unknown)) && view.predicates.every((each) => holds(each, value, () => unknown));
    case 'resource':
    case 'stream':
      return matchesPrimitive('resource', value);
    default:
      return false;
  }
}

function isNamed(view: TypeView, name: PrimitiveName): boolean {
  return view.kind === 'primitive' && view.name === name;
}

function isSubPrimitive(a: TypeView, name: PrimitiveName): boolean {
  if (a.kind !== 'primitive') return name !== 'list' && familyOf(a) === familyNamed(name);
  if (a.name === name) return true;
  if (name === 'float' || name === 'number') return a.name === 'int' || a.name === 'float' || a.name === 'number';
  return name === 'vector' && a.name === 'list';
}

/** The named type that all values of a type have which is made by a constructor; for names, the widest of its kind. */
function familyOf(view: TypeView): PrimitiveName | null {
  switch (view.kind) {
    case 'primitive':
      return familyNamed(view.name);
    case 'vector':
    case 'tuple':
    case 'array':
      return 'vector';
    case 'set':
      return 'set';
    case 'record':
    case 'map-of':
      return 'map';
    case 'function':
      return 'fn';
    case 'resource':
    case 'stream':
      return 'resource';
    default:
      return null;
  }
}

function familyNamed(name: PrimitiveName): PrimitiveName {
  if (name === 'int' || name === 'float') return 'number';
  return name === 'list' ? 'vector' : name;
}

// --- shapes ----------------------------------------------------------------------------------------------------------

/** Sequences: `items` when each element has its own type, else all are `item`; null `length` is any. */
interface Sequence {
  readonly length: number | null;
  readonly items: readonly TypeView[] | null;
  readonly item: TypeView;
}

/** Null for what is not made of elements. For `list` too when it is asked for: no constructor makes lists only. */
function sequenceOf(view: TypeView): Sequence | null {
  switch (view.kind) {
    case 'vector':
      return { length: null, items: null, item: view.item };
    case 'array':
      return { length: view.length, items: null, item: view.item };
    case 'tuple':
      return { length: view.items.length, items: view.items, item: NEVER_VIEW };
    default:
      return isNamed(view, 'vector') || isNamed(view, 'list') ? { length: null, items: null, item: ANY_VIEW } : null;
  }
}

function itemAt(sequence: Sequence, index: number): TypeView {
  return sequence.items === null ? sequence.item : sequence.items[index]!;
}

/** Maps: certain keys, and what is known of all other keys and their values. */
interface Mapping {
  readonly entries: readonly RecordEntry[];
  readonly byKey: MapValue;
  readonly key: TypeView;
  readonly value: TypeView;
}

function mappingOf(view: TypeView): Mapping | null {
  if (view.kind === 'record') return { entries: view.entries, byKey: view.byKey, key: ANY_VIEW, value: view.rest ?? ANY_VIEW };
  if (view.kind === 'map-of') return { entries: [], byKey: MapValue.empty(), key: view.key, value: view.value };
  return isNamed(view, 'map') ? { entries: [], byKey: MapValue.empty(), key: ANY_VIEW, value: ANY_VIEW } : null;
}

function entryOf(mapping: Mapping, key: Value): RecordEntry | null {
  const index = mapping.byKey.get(key);
  return typeof index === 'number' ? mapping.entries[index]! : null;
}

function both<T>(a: T | null, b: T | null): readonly [T, T] | null {
  return a !== null && b !== null ? [a, b] : null;
}

// --- predicates ------------------------------------------------------------------------------------------------------

/** What is known to hold for all values of the type, as predicates. */
function factsOf(view: TypeView): Predicate[] {
  if (view.kind === 'and') return [...view.predicates, ...view.items.flatMap(factsOf)];
  if (view.kind === 'record') {
    const keys = view.entries.filter((entry) => !entry.optional).map((entry) => entry.key);
    return [fact('required-keys', Vector.adopt(keys)), fact('min-count', keys.length)];
  }
  const length = sequenceOf(view)?.length ?? null;
  return length === null ? [] : [fact('count', length)];
}

function fact(name: PredicateName, operand: Value): Predicate {
  return { name, operands: [operand], form: predicate(name, [operand]) };
}
