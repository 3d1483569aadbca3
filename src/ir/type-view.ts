/**
 * Types read for use: the normalised value of `type.ts` as records with a `kind`, every `[:struct-ref …]` replaced by
 * the record it means, so that a recursive type is a cyclic graph. Who checks values and who compares types both walk
 * this graph.
 *
 * Invariants: a cycle always passes through an entry of a record, so a walk that does not enter records ends. A *flat*
 * view can be decided without entering a collection. `viewType` refuses whatever is no type or too large for one, so
 * it may be given values from outside.
 */
import { MapValue } from '../value/map.ts';
import { isInteger, type Keyword, type Value } from '../value/value.ts';
import { Vector } from '../value/vector.ts';
import { fitsTypeLimits, headOf, isPredicateName, isPrimitiveName, type PrimitiveName, TYPE_DIMENSIONS_MAX } from './type.ts';
import { isLiteral, type Predicate, readPredicate } from './type-predicate.ts';

export type TypeView =
  | PrimitiveView
  | LiteralView
  | OptionalView
  | UnionView
  | AndView
  | VectorView
  | SetView
  | TupleView
  | ArrayView
  | RecordView
  | MapOfView
  | FunctionView
  | ResourceView
  | StreamView;

interface ViewBase {
  /** The type as a value. Inside a struct it may hold references to structs around it. */
  readonly type: Value;
  readonly flat: boolean;
}

export interface PrimitiveView extends ViewBase {
  readonly kind: 'primitive';
  readonly name: PrimitiveName;
  readonly type: Keyword;
}

/** `[:val x]` and `[:enum …]`: one of these values, told apart by `compare`. */
export interface LiteralView extends ViewBase {
  readonly kind: 'literal';
  readonly values: readonly Value[];
}

export interface OptionalView extends ViewBase {
  readonly kind: 'optional';
  readonly item: TypeView;
}

export interface UnionView extends ViewBase {
  readonly kind: 'union';
  readonly items: readonly TypeView[];
}

export interface AndView extends ViewBase {
  readonly kind: 'and';
  readonly items: readonly TypeView[];
  readonly predicates: readonly Predicate[];
}

export interface VectorView extends ViewBase {
  readonly kind: 'vector';
  readonly item: TypeView;
}

export interface SetView extends ViewBase {
  readonly kind: 'set';
  readonly item: TypeView;
}

export interface TupleView extends ViewBase {
  readonly kind: 'tuple';
  readonly items: readonly TypeView[];
}

/** One dimension; the item of all but the last is again an array. */
export interface ArrayView extends ViewBase {
  readonly kind: 'array';
  /** Null: any. */
  readonly length: number | null;
  readonly item: TypeView;
}

export interface RecordView extends ViewBase {
  readonly kind: 'record';
  /** Of a struct. */
  readonly name: string | null;
  readonly entries: readonly RecordEntry[];
  /** The entries by key. */
  readonly byKey: MapValue;
  /** For the values of other keys; null: anything. */
  readonly rest: TypeView | null;
  /** Whether a `[:struct-ref …]` means it, so that it may be met more than once on the way down a value. */
  readonly referenced: boolean;
}

export interface RecordEntry {
  readonly key: Value;
  readonly optional: boolean;
  readonly view: TypeView;
}

export interface MapOfView extends ViewBase {
  readonly kind: 'map-of';
  readonly key: TypeView;
  readonly value: TypeView;
}

export interface FunctionView extends ViewBase {
  readonly kind: 'function';
  readonly parameters: readonly TypeView[];
  readonly rest: TypeView | null;
  readonly result: TypeView;
}

export interface ResourceView extends ViewBase {
  readonly kind: 'resource';
  readonly name: string;
}

export interface StreamView extends ViewBase {
  readonly kind: 'stream';
  readonly item: TypeView;
}

export interface TypeGraph {
  readonly root: TypeView;
  /** Whether some struct in it mentions itself. */
  readonly recursive: boolean;
}

/** The graph of a closed type; null when the value is no type. */
export function viewType(type: Value): TypeGraph | null {
  if (!fitsTypeLimits(type)) return null;
  const builder = new Builder();
  const root = builder.view(type, null);
  return root === null ? null : { root, recursive: builder.recursive };
}

/** A view that is still being built. */
type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** The structs around a place, innermost first. */
interface StructScope {
  readonly name: string;
  readonly record: Mutable<RecordView>;
  readonly parent: StructScope | null;
}

class Builder {
  recursive = false;

  view(type: Value, scope: StructScope | null): TypeView | null {
    if (typeof type !== 'object' || type === null) return null;
    if (type.kind === 'keyword') return isPrimitiveName(type.name) ? { kind: 'primitive', name: type.name, type, flat: true } : null;
    const head = headOf(type);
    return head === null ? null : this.compound(head.name, type as Vector, scope);
  }

  private compound(head: string, type: Vector, scope: StructScope | null): TypeView | null {
    const parts = type.toArray().slice(1);
    switch (head) {
      case 'optional':
        return this.one(parts, scope, (item) => ({ kind: 'optional', item, type, flat: item.flat }));
      case 'vector':
        return this.one(parts, scope, (item) => ({ kind: 'vector', item, type, flat: false }));
      case 'set':
        return this.one(parts, scope, (item) => ({ kind: 'set', item, type, flat: false }));
      case 'stream':
        return this.one(parts, scope, (item) => ({ kind: 'stream', item, type, flat: true }));
      case 'tuple':
        return this.many(parts, scope, (items) => ({ kind: 'tuple', items, type, flat: false }));
      case 'union':
        if (parts.length === 0) return null;
        return this.many(parts, scope, (items) => ({ kind: 'union', items, type, flat: items.every(isFlat) }));
      case 'and':
        return this.and(type, parts, scope);
      case 'array':
        return this.array(type, parts, scope);
      case 'map':
        return this.fill(newRecord(type, null), parts, scope);
      case 'struct':
        return this.structs([type], 0, scope);
      case 'rec':
        return this.structs(parts.slice(1), parts.slice(1).findIndex((member) => nameOf(member) === parts[0]), scope);
      case 'struct-ref':
        return this.reference(parts, scope);
      case 'map-of':
        if (parts.length !== 2) return null;
        return this.many(parts, scope, ([key, value]) => ({ kind: 'map-of', key: key!, value: value!, type, flat: false }));
      case 'enum':
        return parts.length > 0 && parts.every(isLiteral) ? { kind: 'literal', values: parts, type, flat: true } : null;
      case 'val':
        return parts.length === 1 && parts.every(isLiteral) ? { kind: 'literal', values: parts, type, flat: true } : null;
      case 'fn':
        return this.fn(type, parts, scope);
      case 'resource':
        return parts.length === 1 && typeof parts[0] === 'string' ? { kind: 'resource', name: parts[0], type, flat: true } : null;
      default:
        return null;
    }
  }

  private one(parts: readonly Value[], scope: StructScope | null, make: (item: TypeView) => TypeView): TypeView | null {
    const item = parts.length === 1 ? this.view(parts[0]!, scope) : null;
    return item === null ? null : make(item);
  }

  private many(parts: readonly Value[], scope: StructScope | null, make: (items: TypeView[]) => TypeView): TypeView | null {
    const items = this.views(parts, scope);
    return items === null ? null : make(items);
  }

  private views(types: readonly Value[], scope: StructScope | null): TypeView[] | null {
    const items: TypeView[] = [];
    for (const type of types) {
      const item = this.view(type, scope);
      if (item === null) return null;
      items.push(item);
    }
    return items;
  }

  private and(type: Value, parts: readonly Value[], scope: StructScope | null): TypeView | null {
    const types: Value[] = [];
    const predicates: Predicate[] = [];
    for (const part of parts) {
      if (!isPredicateName(headOf(part)?.name ?? '')) {
        types.push(part);
        continue;
      }
      const predicate = readPredicate(part);
      if (predicate === null) return null;
      predicates.push(predicate);
    }
    if (types.length === 0) return null;
    return this.many(types, scope, (items) => ({ kind: 'and', items, predicates, type, flat: items.every(isFlat) }));
  }

  private array(type: Vector, parts: readonly Value[], scope: StructScope | null): TypeView | null {
    const [itemType, dimensions] = parts;
    if (parts.length !== 2 || itemType === undefined || !(dimensions instanceof Vector) || dimensions.size === 0 || dimensions.size > TYPE_DIMENSIONS_MAX) return null;
    let view = this.view(itemType, scope);
    for (let i = dimensions.size - 1; i >= 0; i--) {
      const length = lengthOf(dimensions.get(i)!);
      if (view === null || length === undefined) return null;
      const part = i === 0 ? type : Vector.of(type.get(0)!, itemType, dimensions.slice(i, dimensions.size));
      view = { kind: 'array', length, item: view, type: part, flat: false };
    }
    return view;
  }

  /** Structs that see one another; gives the one at `index`. */
  private structs(members: readonly Value[], index: number, outer: StructScope | null): TypeView | null {
    let scope = outer;
    const records: Mutable<RecordView>[] = [];
    for (const member of members) {
      const name = nameOf(member);
      if (name === null) return null;
      const record = newRecord(member, name);
      records.push(record);
      scope = { name, record, parent: scope };
    }
    for (const record of records) {
      const entries = (record.type as Vector).toArray().slice(2);
      if (this.fill(record, entries, scope) === null) return null;
    }
    return records[index] ?? null;
  }

  private fill(record: Mutable<RecordView>, parts: readonly Value[], scope: StructScope | null): TypeView | null {
    const entries: RecordEntry[] = [];
    for (const part of parts) {
      if (!(part instanceof Vector) || part.size > 3 || record.rest !== null) return null;
      const [key, type, mark] = part.toArray();
      const view = type === undefined ? null : this.view(type, scope);
      if (key === undefined || view === null) return null;
      if (record.name === null && isKeyword(key, '*')) {
        if (mark !== undefined) return null;
        record.rest = view;
      } else {
        if (!isLiteral(key) || (mark !== undefined && !isKeyword(mark, 'optional'))) return null;
        entries.push({ key, view, optional: mark !== undefined || (record.name !== null && view.kind === 'optional') });
      }
    }
    record.entries = entries;
    record.byKey = MapValue.from(entries.map((entry, index) => [entry.key, index] as const));
    return record.byKey.size === entries.length ? record : null;
  }

  private reference(parts: readonly Value[], scope: StructScope | null): TypeView | null {
    for (let at = scope; at !== null; at = at.parent) {
      if (parts.length !== 1 || at.name !== parts[0]) continue;
      at.record.referenced = true;
      this.recursive = true;
      return at.record;
    }
    return null;
  }

  private fn(type: Value, parts: readonly Value[], scope: StructScope | null): TypeView | null {
    const [list, resultType] = parts;
    if (parts.length !== 2 || !(list instanceof Vector) || resultType === undefined) return null;
    const types = list.toArray();
    const restAt = types.findIndex((part) => isKeyword(part, '&'));
    if (restAt >= 0 && restAt !== types.length - 2) return null;
    const parameters = this.views(restAt < 0 ? types : types.slice(0, restAt), scope);
    const rest = restAt < 0 ? null : this.view(types[restAt + 1]!, scope);
    const result = this.view(resultType, scope);
    if (parameters === null || result === null || (restAt >= 0 && rest === null)) return null;
    return { kind: 'function', parameters, rest, result, type, flat: true };
  }
}

function newRecord(type: Value, name: string | null): Mutable<RecordView> {
  return { kind: 'record', name, entries: [], byKey: MapValue.empty(), rest: null, referenced: false, type, flat: false };
}

/** Of `[:struct "Name" …]`; null for anything else. */
function nameOf(member: Value): string | null {
  if (headOf(member)?.name !== 'struct') return null;
  const name = (member as Vector).get(1);
  return typeof name === 'string' ? name : null;
}

function isFlat(view: TypeView): boolean {
  return view.flat;
}

function isKeyword(value: Value, name: string): boolean {
  return typeof value === 'object' && value !== null && value.kind === 'keyword' && value.name === name;
}

/** Null for any length; undefined when the value is no dimension. */
function lengthOf(dimension: Value): number | null | undefined {
  if (isKeyword(dimension, '?')) return null;
  return typeof dimension === 'number' && isInteger(dimension) && dimension >= 0 ? dimension : undefined;
}
