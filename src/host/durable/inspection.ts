/** What a state of a run holds, for people who look at it: where its fibers stand, their registers, their contexts. */
import { type Context, visibleData } from '../../evaluator/context.ts';
import { keyText } from '../../evaluator/event-value.ts';
import { snapshot } from '../../evaluator/snapshot.ts';
import type { Fiber, Frame, State } from '../../evaluator/state.ts';
import { fibersOf } from './timeline.ts';
import { sha256Hex } from '../../value/hash.ts';
import { isSame } from '../../value/order.ts';
import type { Closure, Value } from '../../value/value.ts';

export interface FrameShown {
  readonly fiber: string;
  /** Counted from the innermost of the first fiber. */
  readonly number: number;
  readonly name: string;
  readonly place: string | null;
  readonly frame: Frame;
}

/** The stacks of all fibers, innermost calls first. What the library keeps to itself has no place and is left out. */
export function framesOf(state: State): readonly FrameShown[] {
  const shown: FrameShown[] = [];
  for (const fiber of fibersOf(state.main)) {
    for (let frame = fiber.frame; frame !== null; frame = frame.parent) {
      const place = placeOf(frame, state);
      const name = frame.arm.code.name;
      if (place === null && name?.startsWith('%') === true) continue;
      shown.push({ fiber: fiberName(fiber), number: shown.length, name: name ?? '<main>', place, frame });
    }
  }
  return shown;
}

function fiberName({ path }: Fiber): string {
  return path === '' ? 'main' : `branch ${path.slice(0, -1)}`;
}

function placeOf(frame: Frame, { table }: State): string | null {
  const span = frame.arm.spanAt(frame.arm.points[frame.point]!);
  if (span === null) return null;
  const at = table.position(span.file, span.start);
  return at === null ? span.file : `${span.file}:${at.line}:${at.column}`;
}

/** A value that a frame holds. Names of locals are no part of code: what is left of them is their number. */
export interface Held {
  readonly kind: 'argument' | 'slot' | 'capture';
  readonly number: number;
  readonly value: Value;
}

/** What the frame still needs, and nothing else: what the program cannot see any more is not kept. */
export function heldBy({ arm, point, slots, closure }: Frame): readonly Held[] {
  const parameters = arm.required + (arm.variadic ? 1 : 0);
  const registers = arm.liveAt(point).map((register, index): Held => {
    const isArgument = register < parameters;
    return { kind: isArgument ? 'argument' : 'slot', number: isArgument ? register + 1 : register - parameters + 1, value: slots[index]! };
  });
  return [...registers, ...capturesOf(closure)];
}

function capturesOf({ captures }: Closure): readonly Held[] {
  return captures.map((value, index): Held => ({ kind: 'capture', number: index + 1, value }));
}

export interface ContextShown {
  readonly id: string;
  readonly entries: readonly (readonly [key: string, value: Value])[];
}

/** All contexts that are open, outermost first, each once. */
export function contextsOf(state: State): readonly ContextShown[] {
  const found = new Map<string, Context>();
  for (const fiber of fibersOf(state.main)) {
    const chain: Context[] = [];
    for (let at: Context | null = fiber.context; at !== null; at = at.parent) chain.push(at);
    for (const context of chain.reverse()) if (!found.has(context.id)) found.set(context.id, context);
  }
  return [...found.values()].map(({ id, data }) => ({ id, entries: [...data].map(([key, value]) => [keyText(key), value] as const) }));
}

/** What can be seen from where the run stands: of branches, from the first one that is under way. */
export function visibleFrom(state: State): ReturnType<typeof visibleData> {
  const fibers = fibersOf(state.main);
  const working = fibers.find((fiber) => fiber.status === 'waiting' || fiber.status === 'ready');
  return visibleData((working ?? state.main).context);
}

export interface Change {
  readonly context: string;
  readonly key: string;
  /** Undefined: it was not there. */
  readonly before: Value | undefined;
  /** Undefined: it is gone. */
  readonly after: Value | undefined;
}

export function changesBetween(a: State, b: State): readonly Change[] {
  const [left, right] = [byContext(a), byContext(b)];
  const changes: Change[] = [];
  for (const context of new Set([...left.keys(), ...right.keys()])) {
    const [before, after] = [left.get(context) ?? NOTHING, right.get(context) ?? NOTHING];
    for (const key of [...new Set([...before.keys(), ...after.keys()])].sort()) {
      const [old, now] = [before.get(key), after.get(key)];
      if (old === undefined || now === undefined || !isSame(old, now)) changes.push({ context, key, before: old, after: now });
    }
  }
  return changes;
}

const NOTHING: ReadonlyMap<string, Value> = new Map();

function byContext(state: State): ReadonlyMap<string, ReadonlyMap<string, Value>> {
  return new Map(contextsOf(state).map(({ id, entries }) => [id, new Map(entries)]));
}

/** Two states with one hash are the same. */
export function stateHash(state: State): string {
  return sha256Hex(snapshot(state));
}
