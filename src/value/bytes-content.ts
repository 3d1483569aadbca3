/**
 * Content keys: how the encoder and the decoder recognise that two composites have equal content.
 *
 * A key is the kind of the composite and, for each item, one or more 32-bit codes: a part that can be shared is its
 * number (≥ 0), a value that cannot is a negative code with what it needs behind it. The first code of an item says how
 * many follow, so different items never give the same codes. A key is a string, because strings are hashed by the
 * engine with a secret of its own, which no attacker can aim at.
 */
import { SHARED_TEXT_MIN } from './bytes-tags.ts';
import type { Value } from './value.ts';

const NIL = -1;
const FALSE = -2;
const TRUE = -3;
const EMPTY = { list: -4, vector: -5, map: -6, set: -7 } as const;
/** Followed by the one unit, or by -1 when there is none. */
const STRING = -8;
const KEYWORD = -9;
/** Followed by two halves. */
const FLOAT = -10;
const INTEGER = -11;
const TIMESTAMP = -12;
/** Small integers are one code: this plus the integer. */
const SMALL_BASE = -1_073_741_824;
const TWO_32 = 4_294_967_296;
const SMALL_LIMIT = 536_870_912;

/** Whether the value is never shared; see `bytes.ts`. */
export function isAtom(value: Value): boolean {
  switch (typeof value) {
    case 'string':
      return value.length < SHARED_TEXT_MIN;
    case 'bigint':
      return false;
    case 'object':
      return value === null || isAtomObject(value);
    default:
      return true;
  }
}

function isAtomObject(value: Extract<Value, object>): boolean {
  switch (value.kind) {
    case 'float':
    case 'timestamp':
      return true;
    case 'keyword':
      return value.name.length < SHARED_TEXT_MIN;
    case 'list':
    case 'vector':
    case 'map':
    case 'set':
      return value.size === 0;
    default:
      return false;
  }
}

/** Appends the codes of a value for which `isAtom` holds. */
export function pushAtomCodes(codes: number[], value: Value): void {
  if (typeof value === 'number') pushNumber(codes, value);
  else if (typeof value === 'string') codes.push(STRING, unitOf(value));
  else if (value === null) codes.push(NIL);
  else if (typeof value === 'boolean') codes.push(value ? TRUE : FALSE);
  else if (typeof value === 'object') pushObject(codes, value);
}

function unitOf(text: string): number {
  return text.length === 0 ? -1 : text.charCodeAt(0);
}

function pushNumber(codes: number[], value: number): void {
  if (!Number.isInteger(value)) pushDouble(codes, value);
  else if (value > -SMALL_LIMIT && value < SMALL_LIMIT) codes.push(SMALL_BASE + value);
  else codes.push(INTEGER, Math.floor(value / TWO_32), value | 0);
}

function pushDouble(codes: number[], value: number): void {
  const view = new DataView(new ArrayBuffer(8));
  if (value === value) view.setFloat64(0, value);
  else view.setUint32(0, 0x7ff80000); // all NaN are one
  codes.push(FLOAT, view.getInt32(0), view.getInt32(4));
}

function pushObject(codes: number[], value: Extract<Value, object>): void {
  switch (value.kind) {
    case 'float':
      return pushDouble(codes, value.value);
    case 'keyword':
      codes.push(KEYWORD, unitOf(value.name));
      return;
    case 'timestamp':
      codes.push(TIMESTAMP, Math.floor(value.epochMs / TWO_32), value.epochMs | 0);
      return;
    case 'list':
    case 'vector':
    case 'map':
    case 'set':
      codes.push(EMPTY[value.kind]);
      return;
    default:
      return; // not an atom
  }
}

const CHUNK = 2048;

/** The key of a composite whose kind is said by two numbers (below 2^16 and 2^53) and whose items have the codes from `start` on. */
export function contentKey(kind: number, detail: number, codes: readonly number[], start: number): string {
  let key = '';
  const top = Math.floor(detail / TWO_32);
  let units = [kind, top >>> 16, top & 0xffff, detail >>> 16, detail & 0xffff];
  for (let i = start; i < codes.length; i++) {
    const code = codes[i]!;
    units.push(code >>> 16, code & 0xffff);
    if (units.length < CHUNK) continue;
    key += String.fromCharCode(...units);
    units = [];
  }
  return key + String.fromCharCode(...units);
}
