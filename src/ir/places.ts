/**
 * The places of code in its source, apart from the code: for every unit, arm and node in the order of the code its span, as
 * three numbers [file, start, end], or [-1] where there is none. A span is no part of the meaning, so it is in no hash; whoever keeps
 * code and wants the same messages later keeps the places beside it.
 */
import type { Span } from '../diagnostic/span.ts';
import type { LetrecGroup, Node, Unit } from './node.ts';
import { childNodes } from './walk.ts';

/** Whatever has a place. Code is read-only for everybody but who makes it. */
interface Placed {
  span: Span | null;
}

/** The places of the units; `fileNumber` gives each file its number. */
export function placesOf(units: readonly Unit[], fileNumber: (file: string) => number): number[] {
  const places: number[] = [];
  forEachPlaced(units, ({ span }) => {
    if (span === null) places.push(-1);
    else places.push(fileNumber(span.file), span.start, span.end);
  });
  return places;
}

/** Puts the places into freshly decoded units. False when they are not those of this code; nothing is put then. */
export function putPlaces(units: readonly Unit[], places: readonly number[], files: readonly string[]): boolean {
  const placed: Placed[] = [];
  forEachPlaced(units, (one) => placed.push(one));
  const spans: (Span | null)[] = [];
  for (let at = 0; at < places.length; ) {
    const file = files[places[at]!];
    if (places[at] === -1) spans.push(null);
    else if (file === undefined || at + 2 >= places.length) return false;
    else spans.push({ file, start: places[at + 1]!, end: places[at + 2]! });
    at += places[at] === -1 ? 1 : 3;
  }
  if (spans.length !== placed.length) return false;
  placed.forEach((one, index) => (one.span = spans[index]!));
  return true;
}

function forEachPlaced(units: readonly Unit[], visit: (placed: Placed) => void): void {
  const open: (Unit | Node)[] = [...units].reverse();
  const seen = new Set<LetrecGroup>();
  for (let one = open.pop(); one !== undefined; one = open.pop()) {
    visit(one);
    if ('arms' in one) {
      for (const arm of one.arms) visit(arm);
      for (const arm of [...one.arms].reverse()) open.push(arm.body);
      continue;
    }
    if (one.kind === 'fn') {
      if (seen.has(one.group)) continue;
      seen.add(one.group);
      open.push(...[...one.group.units].reverse());
    }
    open.push(...[...childNodes(one)].reverse());
  }
}
