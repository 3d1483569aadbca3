/**
 * What the walk of a validation leaves behind on its way down: frames, which know the parts still to be looked at and
 * their step of the path, and positions, which remember verdicts where a value is looked at more than once.
 */
import type { MapOfView, RecordView, TypeView, UnionView } from '../ir/type-view.ts';
import type { MapValue } from '../value/map.ts';
import type { Value } from '../value/value.ts';
import type { Vector } from '../value/vector.ts';
import { keySegment } from './violation.ts';

/** The step from a map to the place of its keys. */
export const KEYS: unique symbol = Symbol('keys');

/** A place in a value that several alternatives of a type look at, with what is known of it. */
export class Position {
  private readonly children = new Map<Value | typeof KEYS, Position>();
  private readonly verdicts = new Map<TypeView, boolean>();

  /** `step`: the index in a sequence, the key of a map as it is stored there. */
  child(step: Value | typeof KEYS): Position {
    const known = this.children.get(step);
    if (known !== undefined) return known;
    const fresh = new Position();
    this.children.set(step, fresh);
    return fresh;
  }

  verdict(view: TypeView): boolean | undefined {
    return this.verdicts.get(view);
  }

  note(view: TypeView, verdict: boolean): void {
    this.verdicts.set(view, verdict);
  }
}

interface FrameBase {
  /** Of the value that the frame is about; null while no second look is possible. */
  readonly position: Position | null;
}

/** Elements from `index` on, all of one type (`item`) or each of its own (`items`). */
export interface ElementsFrame extends FrameBase {
  readonly kind: 'elements';
  readonly item: TypeView | null;
  readonly items: readonly TypeView[];
  readonly values: Vector;
  /** Sets have no indexes to show. */
  readonly indexed: boolean;
  index: number;
}

/** Fields of a record that are not flat, then the keys that its wildcard speaks about. */
export interface FieldsFrame extends FrameBase {
  readonly kind: 'fields';
  readonly view: RecordView;
  readonly map: MapValue;
  index: number;
  otherKeys: readonly Value[] | null;
  key: Value;
}

export interface PairsFrame extends FrameBase {
  readonly kind: 'pairs';
  readonly view: MapOfView;
  readonly map: MapValue;
  readonly keys: readonly Value[];
  /** Twice the index of the entry, plus one when its value is looked at. */
  index: number;
}

export interface ChoiceFrame extends FrameBase {
  readonly kind: 'choice';
  readonly view: UnionView;
  readonly items: readonly TypeView[];
  readonly value: Value;
  index: number;
}

/** All of several types for one value. */
interface PartsFrame extends FrameBase {
  readonly kind: 'parts';
  readonly items: readonly TypeView[];
  readonly value: Value;
  index: number;
}

/** Notes the verdict on what is above it. */
interface NoteFrame extends FrameBase {
  readonly kind: 'note';
  readonly view: TypeView;
  readonly position: Position;
}

export type Frame = ElementsFrame | FieldsFrame | PairsFrame | ChoiceFrame | PartsFrame | NoteFrame;

/** The step of the path that the frame stands for; empty when it stays at the same value. */
export function segmentOf(frame: Frame): string {
  switch (frame.kind) {
    case 'elements':
      return frame.indexed ? `[${frame.index - 1}]` : '';
    case 'fields':
      return keySegment(frame.key);
    case 'pairs':
      return keySegment(frame.keys[(frame.index - 1) >> 1]!);
    default:
      return '';
  }
}
