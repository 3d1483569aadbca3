/**
 * The walk of a value along a type. It goes over the graph of `ir/type-view.ts` with a stack of its own, so neither deep values nor deep types can
 * overflow. It works in two moves: `enter` decides a value as far as that is possible without looking into its parts,
 * and leaves a frame for the parts; `advance` takes the next part from the frame on top. A failure goes back to the
 * nearest choice (a union of several plausible alternatives) that has an alternative left; when there is none, the
 * frames on the stack are the path to the place that is wrong.
 *
 * Invariants
 * - W1 One step of fuel is paid for each element, field and alternative looked at; how parts of a value are shared in
 *   memory never shows.
 * - W2 Alternatives that the kind of the value or a literal field already excludes are never entered. A struct that is
 *   met again at the same position of the value (by another alternative) is not walked again, so the cost is at most
 *   the size of the value times the size of the type.
 */
import type { AndView, RecordView, TypeView, UnionView } from '../ir/type-view.ts';
import type { MapValue } from '../value/map.ts';
import type { Value } from '../value/value.ts';
import { Vector } from '../value/vector.ts';
import type { Meter } from './limits.ts';
import { chargeFuel } from './raise.ts';
import { type Failure, FlatCheck, type ValidationServices } from './validate-flat.ts';
import { type ChoiceFrame, type ElementsFrame, type FieldsFrame, type Frame, KEYS, type PairsFrame, Position, segmentOf } from './validate-frame.ts';
import { violationText } from './violation.ts';

/** One validation. Used once. */
export class Walk {
  private readonly recursive: boolean;
  private readonly meter: Meter;
  private readonly flat: FlatCheck;
  private readonly stack: Frame[] = [];
  private choices = 0;
  /** The goal: does `value`, which stands at `position`, have the type `view`? */
  private view!: TypeView;
  private value!: Value;
  private position: Position | null = null;

  constructor(recursive: boolean, services: ValidationServices, meter: Meter) {
    this.recursive = recursive;
    this.meter = meter;
    this.flat = new FlatCheck(services, meter);
  }

  run(view: TypeView, value: Value): string | null {
    this.aim(view, value, null);
    for (;;) {
      const failure = this.enter();
      if (failure === null) {
        if (!this.advance()) return null;
      } else {
        const final = this.retreat(failure);
        if (final !== null) return this.describe(final);
      }
    }
  }

  private aim(view: TypeView, value: Value, position: Position | null): void {
    this.view = view;
    this.value = value;
    this.position = position;
  }

  // --- going down --------------------------------------------------------------------------------------------------

  private enter(): Failure | null {
    for (;;) {
      const { view, value } = this;
      if (view.flat) return this.flat.matches(view, value) ? null : this.flat.explain(view, value);
      switch (view.kind) {
        case 'optional':
          if (value === null) return null;
          this.view = view.item;
          continue;
        case 'union':
        case 'and': {
          const result = view.kind === 'union' ? this.enterUnion(view, value) : this.enterAnd(view, value);
          if (result !== 'again') return result;
          continue;
        }
        default:
          return this.enterCollection(view, value);
      }
    }
  }

  /** 'again': `this.view` is now what decides. */
  private enterUnion(view: UnionView, value: Value): Failure | null | 'again' {
    chargeFuel(this.meter, view.items.length);
    const items: TypeView[] = [];
    for (const item of view.items) {
      if (!this.isPlausible(item, value)) continue;
      if (item.flat) return null;
      items.push(item);
    }
    if (items.length === 0) return mismatch(view, value);
    if (items.length === 1) return this.again(items[0]!);
    this.choices += 1;
    this.stack.push({ kind: 'choice', view, items, value, index: 0, position: this.positionForSecondLook() });
    return null;
  }

  private enterAnd(view: AndView, value: Value): Failure | null | 'again' {
    const deep: TypeView[] = [];
    for (const item of view.items) {
      if (!this.isPlausible(item, value)) return this.again(item);
      if (!item.flat) deep.push(item);
    }
    const predicate = this.flat.broken(view.predicates, value);
    if (predicate !== null) return { kind: 'predicate', predicate, value };
    if (deep.length === 1) return this.again(deep[0]!);
    this.stack.push({ kind: 'parts', items: deep, value, index: 0, position: this.positionForSecondLook() });
    return null;
  }

  private again(view: TypeView): 'again' {
    this.view = view;
    return 'again';
  }

  private positionForSecondLook(): Position | null {
    return this.position ?? (this.recursive ? new Position() : null);
  }

  /** Whether the value may have the type, as far as one look tells. For flat types the answer is final. */
  private isPlausible(view: TypeView, value: Value): boolean {
    if (view.flat) return this.flat.matches(view, value);
    switch (view.kind) {
      case 'optional':
        return value === null || this.isPlausible(view.item, value);
      case 'union':
        return view.items.some((item) => this.isPlausible(item, value));
      case 'and':
        return view.items.every((item) => this.isPlausible(item, value));
      case 'set':
        return isKind(value, 'set');
      case 'map-of':
        return isKind(value, 'map');
      case 'record':
        return isMap(value) && this.hasLiterals(view, value);
      default:
        return isSequence(value);
    }
  }

  /** Whether no field has another value than the type names for it: so the alternatives of a tagged union are told apart. */
  private hasLiterals(view: RecordView, map: MapValue): boolean {
    for (const entry of view.entries) {
      if (entry.view.kind !== 'literal') continue;
      const field = map.get(entry.key);
      if (field !== undefined && !this.flat.matches(entry.view, field)) return false;
    }
    return true;
  }

  private enterCollection(view: TypeView, value: Value): Failure | null {
    switch (view.kind) {
      case 'vector':
        return isSequence(value) ? this.enterElements(view.item, value.kind === 'list' ? value.toVector() : value, true) : mismatch(view, value);
      case 'array':
        if (!isSequence(value)) return mismatch(view, value);
        if (view.length !== null && view.length !== value.size) return { kind: 'shape', expected: view.length, found: value.size };
        return this.enterElements(view.item, value.kind === 'list' ? value.toVector() : value, true);
      case 'set':
        return isKind(value, 'set') ? this.enterElements(view.item, Vector.adopt(value.toArray()), false) : mismatch(view, value);
      case 'tuple':
        if (!isSequence(value)) return mismatch(view, value);
        if (view.items.length !== value.size) return { kind: 'shape', expected: view.items.length, found: value.size };
        chargeFuel(this.meter, value.size);
        this.stack.push({ kind: 'elements', item: null, items: view.items, values: value.kind === 'list' ? value.toVector() : value, indexed: true, index: 0, position: this.position });
        return null;
      case 'map-of':
        if (!isMap(value)) return mismatch(view, value);
        chargeFuel(this.meter, value.size);
        this.stack.push({ kind: 'pairs', view, map: value, keys: value.keys(), index: 0, position: this.position });
        return null;
      case 'record':
        return isMap(value) ? this.enterRecord(view, value) : mismatch(view, value);
      default:
        return mismatch(view, value);
    }
  }

  private enterElements(item: TypeView, values: Vector, indexed: boolean): Failure | null {
    chargeFuel(this.meter, values.size);
    const frame: ElementsFrame = { kind: 'elements', item, items: [], values, indexed, index: 0, position: this.position };
    if (item.flat) {
      for (let i = 0; i < values.size; i++) {
        if (this.flat.matches(item, values.get(i)!)) continue;
        frame.index = i + 1;
        this.stack.push(frame);
        return this.flat.explain(item, values.get(i)!);
      }
      return null;
    }
    this.stack.push(frame);
    return null;
  }

  private enterRecord(view: RecordView, map: MapValue): Failure | null {
    const { position } = this;
    if (view.referenced && position !== null) {
      const verdict = position.verdict(view);
      if (verdict !== undefined) return verdict ? null : mismatch(view, map);
      this.stack.push({ kind: 'note', view, position });
    }
    chargeFuel(this.meter, view.entries.length + (view.rest === null ? 0 : map.size));
    const frame: FieldsFrame = { kind: 'fields', view, map, index: 0, otherKeys: null, key: null, position };
    let isDone = view.rest === null;
    for (const { key, optional, view: field } of view.entries) {
      const value = map.get(key);
      if (value === undefined) {
        if (!optional) return { kind: 'missing', key, value: map };
      } else if (!field.flat) isDone = false;
      else if (!this.flat.matches(field, value)) {
        frame.key = key;
        this.stack.push(frame);
        return this.flat.explain(field, value);
      }
    }
    if (!isDone) this.stack.push(frame);
    return null;
  }

  // --- going on ----------------------------------------------------------------------------------------------------

  /** Aims at the next part; false when nothing is left to look at. */
  private advance(): boolean {
    for (let frame = this.stack.at(-1); frame !== undefined; frame = this.stack.at(-1)) {
      if (this.next(frame)) return true;
      this.stack.pop();
      if (frame.kind === 'choice') this.choices -= 1;
      if (frame.kind === 'note') frame.position.note(frame.view, true);
    }
    return false;
  }

  private next(frame: Frame): boolean {
    switch (frame.kind) {
      case 'elements':
        return this.nextElement(frame);
      case 'fields':
        return this.nextField(frame) || this.nextOther(frame);
      case 'pairs':
        return this.nextPair(frame);
      case 'choice':
        return frame.index === 0 && this.nextAlternative(frame);
      case 'parts':
        if (frame.index === frame.items.length) return false;
        this.aim(frame.items[frame.index++]!, frame.value, frame.position);
        return true;
      case 'note':
        return false;
    }
  }

  private nextAlternative(frame: ChoiceFrame): boolean {
    if (frame.index === frame.items.length) return false;
    this.aim(frame.items[frame.index++]!, frame.value, frame.position);
    return true;
  }

  private nextElement(frame: ElementsFrame): boolean {
    const { index } = frame;
    if (index === frame.values.size) return false;
    frame.index += 1;
    this.aim(frame.item ?? frame.items[index]!, frame.values.get(index)!, frame.position?.child(index) ?? null);
    return true;
  }

  private nextField(frame: FieldsFrame): boolean {
    const { entries } = frame.view;
    while (frame.index < entries.length) {
      const { key, view } = entries[frame.index++]!;
      if (view.flat) continue;
      const found = frame.map.find(key);
      if (found === undefined) continue;
      frame.key = key;
      this.aim(view, found[1], frame.position?.child(found[0]) ?? null);
      return true;
    }
    return false;
  }

  private nextOther(frame: FieldsFrame): boolean {
    const { rest, byKey, entries } = frame.view;
    if (rest === null) return false;
    frame.otherKeys ??= frame.map.keys().filter((key) => !byKey.has(key));
    const at = frame.index - entries.length;
    if (at === frame.otherKeys.length) return false;
    frame.index += 1;
    frame.key = frame.otherKeys[at]!;
    this.aim(rest, frame.map.get(frame.key)!, frame.position?.child(frame.key) ?? null);
    return true;
  }

  private nextPair(frame: PairsFrame): boolean {
    const { index, keys, view } = frame;
    if (index === 2 * keys.length) return false;
    frame.index += 1;
    const key = keys[index >> 1]!;
    if (index % 2 === 0) this.aim(view.key, key, frame.position?.child(KEYS).child(key) ?? null);
    else this.aim(view.value, frame.map.get(key)!, frame.position?.child(key) ?? null);
    return true;
  }

  // --- going back --------------------------------------------------------------------------------------------------

  /** Aims at the next alternative of the nearest choice; the failure to report when there is none. */
  private retreat(failure: Failure): Failure | null {
    let final = failure;
    while (this.choices > 0) {
      const frame = this.stack.at(-1)!;
      if (frame.kind === 'choice') {
        if (this.nextAlternative(frame)) return null;
        this.choices -= 1;
        final = mismatch(frame.view, frame.value);
      }
      if (frame.kind === 'note') frame.position.note(frame.view, false);
      this.stack.pop();
    }
    return final;
  }

  private describe(failure: Failure): string {
    const top = this.stack.at(-1);
    const wrongKey = top?.kind === 'pairs' && top.index % 2 === 1 ? top.keys[(top.index - 1) >> 1] : undefined;
    return violationText(failure, this.segments(wrongKey !== undefined), wrongKey);
  }

  private *segments(exceptTop: boolean): IterableIterator<string> {
    const count = exceptTop ? this.stack.length - 1 : this.stack.length;
    for (let i = 0; i < count; i++) yield segmentOf(this.stack[i]!);
  }
}

function mismatch(view: TypeView, value: Value): Failure {
  return { kind: 'mismatch', view, value };
}

type OfKind<K> = Extract<Value, { readonly kind: K }>;

function isKind<K extends 'set' | 'map'>(value: Value, kind: K): value is OfKind<K> {
  return typeof value === 'object' && value !== null && value.kind === kind;
}

function isMap(value: Value): value is MapValue {
  return isKind(value, 'map');
}

function isSequence(value: Value): value is OfKind<'vector' | 'list'> {
  return typeof value === 'object' && value !== null && (value.kind === 'vector' || value.kind === 'list');
}
