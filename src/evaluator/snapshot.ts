/**
 * A state as bytes and back: version 1.
 *
 *   snapshot = the canonical document (`value/bytes.ts`) of one vector:
 *     ["rtfs/state" 1 status limits fuel allocation calls variables contexts frames pending]
 *   status    = :ready or :waiting or :done
 *   limits    = a map of all limits by keyword
 *   variables = a map from name (string) to value
 *   contexts  = a vector from the root to the current one, each [name occurrence isolation data entered]
 *   frames    = a vector from the oldest call to the newest, each [function arm point tail slot…]: the function carries
 *               its code by hash, `arm` is the number of its arm, `point` the suspension point (points are numbered in
 *               the order of the code, 0 is the entry), and the slots are the registers that are live there, ascending
 *   pending   = a vector of calls, each [id capability args options step]
 *
 * Point numbers and live registers follow from the code by the rules of `assemble.ts` and `liveness.ts`; whoever
 * changes what they yield for existing code must raise the version here. Bytes from outside are not trusted: every
 * part is checked against the code that it names before a machine sees it (H5).
 */
import type { Result } from '../diagnostic/diagnostic.ts';
import { decodeValue, encodeValue } from '../value/bytes.ts';
import { Closure, isInteger, Keyword, keyword, makeFloat, type Value } from '../value/value.ts';
import { type Entry, MapValue } from '../value/map.ts';
import { Vector } from '../value/vector.ts';
import type { Code, CodeTable } from './code.ts';
import { type Context, CONTEXT_ID_LENGTH_MAX, contextId, type Isolation } from './context.ts';
import { DEFAULT_LIMITS, type LimitName, type Limits } from './limits.ts';
import { Op, type OpCode } from './opcodes.ts';
import type { Frame, HostCall, State, Status } from './state.ts';

const MAGIC = 'rtfs/state';
const SNAPSHOT_VERSION = 1;

/** A state within the default limits fits; the host may refuse larger ones sooner. */
const SNAPSHOT_BYTES_MAX = 2 ** 31 - 1;

export interface SnapshotFault {
  readonly message: string;
}

export function snapshot(state: State): Uint8Array {
  return encodeValue(stateValue(state));
}

/** The state as one value of the language. */
function stateValue(state: State): Value {
  return Vector.of(
    MAGIC,
    SNAPSHOT_VERSION,
    keyword(state.status),
    limitsValue(state.limits),
    numberValue(state.fuel),
    numberValue(state.allocation),
    state.calls,
    MapValue.from(state.variables),
    Vector.adopt(contextChain(state.context).map(contextValue)),
    Vector.adopt(frameChain(state.frame).map(frameValue)),
    Vector.adopt(state.pending.map(callValue)),
  );
}

/** Limits may be infinite; everything counted is a whole number. */
function numberValue(value: number): Value {
  return Number.isInteger(value) ? value : makeFloat(value);
}

function limitsValue(limits: Limits): Value {
  const entries: Entry[] = [];
  for (const name of Object.keys(DEFAULT_LIMITS) as LimitName[]) entries.push([keyword(name), numberValue(limits[name])]);
  return MapValue.from(entries);
}

function contextChain(context: Context): Context[] {
  const chain: Context[] = [];
  for (let at: Context | null = context; at !== null; at = at.parent) chain.push(at);
  return chain.reverse();
}

function contextValue(context: Context): Value {
  return Vector.of(context.name, context.occurrence, keyword(context.isolation), context.data, context.entered);
}

function frameChain(frame: Frame | null): Frame[] {
  const chain: Frame[] = [];
  for (let at = frame; at !== null; at = at.parent) chain.push(at);
  return chain.reverse();
}

function frameValue(frame: Frame): Value {
  return Vector.adopt([frame.closure, frame.arm.index, frame.point, frame.tail, ...frame.slots]);
}

function callValue(call: HostCall): Value {
  return Vector.of(call.id, call.capability, Vector.adopt([...call.args]), call.options, call.step);
}

// --- back ----------------------------------------------------------------------------------------------------------

/** Thrown and caught in this file only. */
class Malformed {
  readonly message: string;
  constructor(message: string) {
    this.message = message;
  }
}

function malformed(message: string): never {
  throw new Malformed(message);
}

/** The state that the bytes hold, with its code found in `table`. */
export function restore(bytes: Uint8Array, table: CodeTable): Result<State, SnapshotFault> {
  const missing = new Set<string>();
  const decoded = decodeValue(bytes, {
    resolveCode: (group, unit) => {
      const code = table.find(group, unit);
      if (code === null) missing.add(group);
      return code;
    },
    captureCount: (code) => (code as Code).captureCount,
    // What only the library may name is never a value: its arguments are not checked.
    knowsPrimitive: (name) => !name.startsWith('%') && table.primitives.get(name) !== null,
    sizeMaxBytes: SNAPSHOT_BYTES_MAX,
  });
  if (!decoded.ok) {
    const message = missing.size > 0 ? `the code ${[...missing].join(', ')} is missing` : `the snapshot is damaged at byte ${decoded.error.offset}: ${decoded.error.message}`;
    return { ok: false, error: { message } };
  }
  try {
    return { ok: true, value: readState(decoded.value, table) };
  } catch (thrown) {
    if (thrown instanceof Malformed) return { ok: false, error: { message: `the snapshot is not a state: ${thrown.message}` } };
    throw thrown;
  }
}

function readState(value: Value, table: CodeTable): State {
  const parts = vectorOf(value, 'state');
  if (parts[0] !== MAGIC) malformed('it does not begin like one');
  if (parts[1] !== SNAPSHOT_VERSION) malformed(`it has format version ${String(parts[1])}, this RTFS reads ${SNAPSHOT_VERSION}`);
  if (parts.length !== 11) malformed('it has another number of parts');
  const status = oneOf<Status>(parts[2]!, ['ready', 'waiting', 'done'], 'status');
  const limits = readLimits(parts[3]!);
  const frame = readFrames(parts[9]!, status, limits);
  const pending = vectorOf(parts[10]!, 'calls').map((call) => readCall(call, frame));
  if (pending.length !== (status === 'waiting' ? 1 : 0)) malformed('its calls do not fit its status');
  const calls = index(parts[6]!, 'calls');
  if (pending.some((call) => call.id !== `${calls}`)) malformed('its call has another number than calls were made');
  return {
    table,
    status,
    frame,
    variables: readVariables(parts[7]!),
    context: readContexts(parts[8]!),
    limits,
    fuel: left(parts[4]!, limits.fuel, 'fuel'),
    allocation: left(parts[5]!, limits.allocation, 'allocation'),
    calls,
    pending,
  };
}

function vectorOf(value: Value, what: string): readonly Value[] {
  return value instanceof Vector ? value.toArray() : malformed(`its ${what} are no vector`);
}

function mapOf(value: Value, what: string): MapValue {
  return value instanceof MapValue ? value : malformed(`its ${what} are no map`);
}

function text(value: Value | undefined, what: string): string {
  return typeof value === 'string' ? value : malformed(`its ${what} is no string`);
}

/** A whole number, or infinity. */
function count(value: Value, what: string): number {
  if (typeof value === 'number' && value >= 0 && (Number.isInteger(value) || value === Number.POSITIVE_INFINITY)) return value;
  return malformed(`its ${what} is no count`);
}

/** What is left of a limit. */
function left(value: Value, limit: number, what: string): number {
  const rest = count(value, what);
  return rest <= limit ? rest : malformed(`its ${what} is more than its limit`);
}

function index(value: Value | undefined, what: string): number {
  return typeof value === 'number' && isInteger(value) && value >= 0 ? value : malformed(`its ${what} is no number`);
}

function oneOf<T extends string>(value: Value | undefined, words: readonly T[], what: string): T {
  const name = value instanceof Keyword ? value.name : '';
  return words.find((word) => word === name) ?? malformed(`its ${what} is unknown`);
}

function readLimits(value: Value): Limits {
  const map = mapOf(value, 'limits');
  const limits: Record<LimitName, number> = { ...DEFAULT_LIMITS };
  for (const name of Object.keys(DEFAULT_LIMITS) as LimitName[]) limits[name] = count(map.get(keyword(name)) ?? null, `limit ${name}`);
  return limits;
}

function readVariables(value: Value): ReadonlyMap<string, Value> {
  const variables = new Map<string, Value>();
  for (const [name, item] of mapOf(value, 'variables')) variables.set(text(name, 'variable'), item);
  return variables;
}

function readContexts(value: Value): Context {
  let current: Context | null = null;
  for (const item of vectorOf(value, 'contexts')) current = readContext(vectorOf(item, 'contexts'), current);
  return current ?? malformed('it has no context');
}

function readContext(parts: readonly Value[], parent: Context | null): Context {
  if (parts.length !== 5) malformed('a context has another number of parts');
  const name = text(parts[0], 'context');
  const occurrence = index(parts[1], 'context');
  const id = parent === null ? name : contextId(parent, name, occurrence);
  if (id.length > CONTEXT_ID_LENGTH_MAX) malformed('the names of its steps are too long');
  const entered = mapOf(parts[4]!, 'context counts');
  for (const [step, times] of entered) {
    text(step, 'step');
    index(times, 'count of steps');
  }
  return {
    id, name, occurrence, isolation: oneOf<Isolation>(parts[2], ['inherit', 'isolated', 'sandboxed'], 'isolation'),
    data: mapOf(parts[3]!, 'context data'), entered, parent, depth: parent === null ? 1 : parent.depth + 1,
  };
}

function readFrames(value: Value, status: Status, limits: Limits): Frame | null {
  const items = vectorOf(value, 'frames');
  if ((status === 'done') !== (items.length === 0)) malformed('its frames do not fit its status');
  if (items.length > limits.depth) malformed('it is deeper than its limit');
  let parent: Frame | null = null;
  items.forEach((item, at) => {
    const waiting = at < items.length - 1 ? 'call' : status === 'waiting' ? 'host' : 'ready';
    parent = readFrame(item, waiting, parent);
  });
  return parent;
}

function readFrame(value: Value, place: 'call' | 'host' | 'ready', parent: Frame | null): Frame {
  const [fn, armIndex, point, tail, ...slots] = vectorOf(value, 'frame');
  if (!(fn instanceof Closure)) return malformed('a frame has no function');
  const code = fn.code as Code;
  const armNumber = index(armIndex, 'arm');
  if (armNumber >= code.source.arms.length) malformed('a frame names an arm that its code does not have');
  const arm = code.arm(armNumber);
  const at = index(point, 'point');
  if (at >= arm.points.length || !fits(arm.ops[arm.points[at]!] as OpCode, at, place)) malformed('a frame stands at a point that it cannot stand at');
  if (slots.length !== arm.liveAt(at).length) malformed('a frame has another number of slots than its point');
  if (typeof tail !== 'boolean') malformed('a frame has no tail mark');
  return { arm, closure: fn, point: at, slots, parent, depth: parent === null ? 1 : parent.depth + 1, tail: tail === true };
}

/** Point 0 is the entry, whatever instruction stands there: nobody waits at it. */
function fits(op: OpCode, point: number, place: 'call' | 'host' | 'ready'): boolean {
  switch (place) {
    case 'call':
      return point > 0 && (op === Op.CALL || op === Op.CALL_DEFINITION || op === Op.APPLY);
    case 'host':
      return point > 0 && op === Op.HOST_CALL;
    case 'ready':
      return point === 0 || op === Op.LOOP;
  }
}

function readCall(value: Value, frame: Frame | null): HostCall {
  const [id, capability, args, options, step] = vectorOf(value, 'call');
  if (options !== null && !(options instanceof MapValue)) malformed('the options of its call are no map');
  return {
    id: text(id, 'call'),
    capability: text(capability, 'capability'),
    args: vectorOf(args ?? null, 'arguments'),
    options,
    step: step === null || step === undefined ? null : text(step, 'step'),
    span: frame === null ? null : frame.arm.spanAt(frame.arm.points[frame.point]!),
  };
}
