/**
 * Damage to the document of a state that keeps it a document: parts are taken away, doubled, put in the place of others,
 * or replaced by values of other kinds. What comes out is well-formed bytes, and mostly no state.
 */
import { MapValue } from '../../src/value/map.ts';
import { makeFloat, keyword, type Value } from '../../src/value/value.ts';
import { Vector } from '../../src/value/vector.ts';

/** The way to a part: positions in vectors, and in maps by the order of their keys. */
type Path = readonly number[];

const DEPTH_MAX = 10;

/** The ways to all parts of the document. */
export function pathsOf(value: Value, path: Path = [], found: Path[] = []): Path[] {
  found.push(path);
  if (path.length < DEPTH_MAX) partsOf(value).forEach((part, index) => pathsOf(part, [...path, index], found));
  return found;
}

function partsOf(value: Value): readonly Value[] {
  return value instanceof Vector ? value.toArray() : value instanceof MapValue ? [...value].map(([, item]) => item) : [];
}

export function partAt(value: Value, path: Path): Value {
  return path.reduce<Value>((at, index) => partsOf(at)[index] ?? null, value);
}

export function withPart(value: Value, path: Path, part: Value): Value {
  const [index, ...rest] = path;
  if (index === undefined) return part;
  if (value instanceof Vector) return Vector.adopt(value.toArray().map((item, at) => (at === index ? withPart(item, rest, part) : item)));
  if (!(value instanceof MapValue)) return value;
  const entry = [...value][index];
  return entry === undefined ? value : value.set(entry[0], withPart(entry[1], rest, part));
}

const WORDS = ['unstarted', 'ready', 'waiting', 'joining', 'done', 'failed', 'cancelled', 'inherit', 'isolated', 'sandboxed', 'root', 'branch', 'step', 'step-if', 'step-loop', 'step-parallel', 'pmap', 'pass', 'a', 'k'];

const STRANGE: readonly Value[] = [
  null, true, false, 0, 1, 2, 3, -1, 7, makeFloat(0.5), Number.POSITIVE_INFINITY, Number.NaN, 2 ** 40, 10n ** 30n, '', 'x', '1', '1.0.2', 'root', Vector.empty(), MapValue.empty(),
  Vector.of(null), Vector.of(1), Vector.of(1, 2, 3, 4, 5, 6), Vector.of(Vector.of(1, 2, 3, 4, 5, 6, 7)), MapValue.of(keyword('a'), 1), MapValue.of('x', 1), MapValue.of(null, 1),
  MapValue.of(keyword('isolation'), keyword('isolated')), MapValue.of(keyword('context-keys'), Vector.of('a')), MapValue.of(keyword('context-keys'), Vector.of(1)), MapValue.of(keyword('merge-policy'), keyword('merge')),
  MapValue.of(keyword('requires'), Vector.of(keyword('a'))), MapValue.of(keyword('timeout-ms'), 0), MapValue.of(keyword('retries'), 2),
  MapValue.of(keyword('min-success'), 'x'), MapValue.of(keyword('max-concurrency'), 'x'), MapValue.of(keyword('max-concurrency'), 0), MapValue.of(keyword('on-error'), keyword('best-effort'), keyword('min-success'), -1),
];

/** Whether it is a register of a frame: frames are the eighth part of a fiber, their registers begin at the sixth. */
function isSlot(path: Path): boolean {
  return path.length > 3 && path[path.length - 3] === 7 && path[path.length - 1]! >= 5;
}

/** The document with one thing wrong. `paths` are the ways of the document that it began as; some may be gone by now. */
export function damage(document: Value, paths: readonly Path[], random: () => number): Value {
  const pick = <T>(items: readonly T[]): T => items[Math.floor(random() * items.length)]!;
  const slots = random() < 0.3 ? paths.filter(isSlot) : [];
  const path = pick(slots.length > 0 ? slots : paths);
  const old = partAt(document, path);
  switch (Math.floor(random() * 8)) {
    case 0:
      return withPart(document, path, pick(STRANGE));
    case 1:
      // What stands elsewhere: a frame for a context, a part of another fiber.
      return withPart(document, path, partAt(document, pick(paths)));
    case 2: {
      // What stands in the same place of another part: the frames of another fiber, another context's options.
      const kin = paths.filter((one) => one.length === path.length && one[one.length - 1] === path[path.length - 1]);
      return withPart(document, path, partAt(document, pick(kin)));
    }
    case 3: {
      const other = pick(paths);
      return withPart(withPart(document, path, partAt(document, other)), other, old);
    }
    case 4:
      return typeof old === 'number' ? withPart(document, path, old + pick([-2, -1, 1, 2])) : withPart(document, path, keyword(pick(WORDS)));
    case 5:
      return typeof old === 'boolean' ? withPart(document, path, !old) : withPart(document, path, pick(STRANGE));
    default:
      return old instanceof Vector && old.size > 0 ? withPart(document, path, rearranged(old, random)) : withPart(document, path, pick(STRANGE));
  }
}

/** The vector with an element less, one twice, or in another order. */
function rearranged(vector: Vector, random: () => number): Value {
  const items = vector.toArray().slice();
  const at = Math.floor(random() * items.length);
  switch (Math.floor(random() * 4)) {
    case 0:
      items.splice(at, 1);
      break;
    case 1:
      items.splice(at, 0, items[at]!);
      break;
    case 2:
      items.reverse();
      break;
    default: {
      const other = Math.floor(random() * items.length);
      [items[at], items[other]] = [items[other]!, items[at]!];
    }
  }
  return Vector.adopt(items);
}
