/** Giving an error its place and its stack: where it happened and which functions were running. */
import type { Span } from '../diagnostic/span.ts';
import { MapValue } from '../value/map.ts';
import { ErrorValue, keyword, type Value } from '../value/value.ts';
import { Vector } from '../value/vector.ts';
import type { ArmCode, CodeTable } from './code.ts';

/** Entries of a stack that are kept: deep recursions would drown everything else. */
const STACK_MAX = 24;

/** Digits of a hash that tell code apart for people. */
const HASH_SHOWN = 12;

/** One running call, as a trace sees it. */
export interface TraceFrame {
  readonly arm: ArmCode;
  readonly address: number;
  readonly tail: boolean;
}

/**
 * The error with span and stack, from the frames innermost first; `count` is how many there are in all. What the library
 * keeps to itself (`%retry`, `%join`) says nothing to whoever reads a stack, and is left out.
 */
export function located(error: ErrorValue, frames: Iterable<TraceFrame>, count: number, table: CodeTable): ErrorValue {
  const entries: Value[] = [];
  let place: Value = null;
  let seen = 0;
  for (const frame of frames) {
    if (entries.length >= STACK_MAX) break;
    seen++;
    const span = spanValue(frame.arm.spanAt(frame.address), table);
    place ??= span;
    if (span !== null || !isInternal(frame)) entries.push(entry(frame, span));
  }
  if (count > seen) entries.push(MapValue.of(keyword('omitted'), count - seen));
  return new ErrorValue(error.type, error.message, error.data, place, Vector.adopt(entries));
}

/** Functions inside of one are named after it: `%retry/fn`. A program may use such names too; its code has places. */
function isInternal({ arm }: TraceFrame): boolean {
  return arm.code.name?.startsWith('%') ?? false;
}

function entry(frame: TraceFrame, span: Value): MapValue {
  const { code } = frame.arm;
  const identity = `${code.group.slice(0, HASH_SHOWN)}#${code.unit}`;
  const plain = MapValue.of(keyword('function'), code.name ?? '<main>', keyword('code'), identity, keyword('span'), span);
  return frame.tail ? plain.set(keyword('tail'), true) : plain;
}

/** `{:file :line :column :end-line :end-column :start :end}`; without lines when the source is not at hand. */
function spanValue(span: Span | null, table: CodeTable): Value {
  if (span === null) return null;
  const base = MapValue.of(keyword('file'), span.file, keyword('start'), span.start, keyword('end'), span.end);
  const start = table.position(span.file, span.start);
  const end = table.position(span.file, span.end);
  if (start === null || end === null) return base;
  return base
    .set(keyword('line'), start.line)
    .set(keyword('column'), start.column)
    .set(keyword('end-line'), end.line)
    .set(keyword('end-column'), end.column);
}
