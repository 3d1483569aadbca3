/**
 * A state as bytes and back: version 1.
 *
 *   snapshot = the canonical document (`value/bytes.ts`) of one vector: ["rtfs/state" 1 limits isolations fiber]
 *   limits   = a vector of all limits in the order of `DEFAULT_LIMITS`, to which new ones are only added
 *   fiber    = [status position fuel allocation calls variables contexts frames call join stop held failing cancelled
 *               defined fatal result result-sources variable-sources]
 *     status    = :unstarted :ready :waiting :joining :done :failed :cancelled
 *     variables = a map from name (string) to value
 *     contexts  = a vector from the fiber's root to the current one, each
 *                 [form name occurrence isolation data entered options base seen deadline compensation compensations compensating deciding];
 *                 deadline is nil or [id ms passed]
 *     frames    = a vector from the oldest call to the newest, each [function arm point tail sources slot…]: the function carries
 *                 its code by hash, `arm` is the number of its arm, `point` the suspension point (points are numbered in
 *                 the order of the code, 0 is the entry), and the slots are the registers that are live there, ascending
 *     sources   = of a value: nil or a vector of [key context value]; of a frame: nil, or a vector of those of its function and
 *                 of each slot; variable-sources is nil as long as nothing is tracked, else a map from name to sources
 *     call      = nil or [id capability args options derived-from], derived-from a vector of [key context hash]
 *     stop, held = nil or [depth error raised cleanup], cleanup nil or [frame-depth handler]; defined = a vector of names
 *     join      = nil or [position best-effort min-success max-concurrency failed fibers]; the number of a fiber in it is the
 *                 number of its branch; max-concurrency may be infinite
 *
 * What follows from the place in the tree is not written: ids of contexts, paths and depths of fibers, sizes.
 * Point numbers and live registers follow from the code by the rules of `assemble.ts` and `liveness.ts`; whoever
 * changes what they yield for existing code must raise the version here. Bytes from outside are not trusted: every
 * part is checked against the code that it names before a machine sees it (H5).
 */
import type { Result } from '../diagnostic/diagnostic.ts';
import { STEP_FORMS } from '../ir/step-options.ts';
import { type DecodeOptions, decodeOne } from '../value/bytes-decode.ts';
import { encodeDocument, Row, type Source } from '../value/bytes-encode.ts';
import { Closure, ErrorValue, Keyword, keyword, makeFloat, type Value } from '../value/value.ts';
import { MapValue } from '../value/map.ts';
import { Vector } from '../value/vector.ts';
import type { Code, CodeTable } from './code.ts';
import { type Context, CONTEXT_ID_LENGTH_MAX, type ContextForm, contextId, contextsFrom, type Deadline, type Isolation, ISOLATIONS, PASSES } from './context.ts';
import { ROOT_ID } from './context-id.ts';
import type { Origin } from './event.ts';
import { DEFAULT_LIMITS, type LimitName, type Limits } from './limits.ts';
import { Op, type OpCode } from './opcodes.ts';
import { compensationRoom, hasEnded, isTooDeep } from './fiber.ts';
import { Raised } from './raise.ts';
import { remaining } from './kernel.ts';
import { pendingCalls } from './scheduler.ts';
import type { Fiber, FiberStatus, Frame, HostCall, Join, State, Stop } from './state.ts';
import { checkOptions, ownBytes, siteOf } from './steps.ts';
import { readSources, type Sources, sourcesValue } from './tracking.ts';
import { flag, index, Malformed, malformed, mapOf, oneOf, text, unfit, vectorOf } from './well-formed.ts';

const MAGIC = 'rtfs/state';
const SNAPSHOT_VERSION = 1;

/** A state within the default limits fits; the host may refuse larger ones sooner. */
const SNAPSHOT_BYTES_MAX = 2 ** 31 - 1;

export interface SnapshotFault {
  readonly message: string;
}

export function snapshot(state: State): Uint8Array {
  const { table } = state;
  const contents = table.takeContents();
  const bytes = encodeDocument([stateParts(state)], contents);
  table.contents = contents.clear();
  return bytes;
}

/** The parts of the vector that the state is. */
export function stateParts(state: State): Source[] {
  return [MAGIC, SNAPSHOT_VERSION, limitsValue(state.limits), Vector.adopt(state.isolations.map((one) => keyword(one))), fiberParts(state.main)];
}

export function fiberParts(fiber: Fiber): Source[] {
  return [
    keyword(fiber.status),
    fiber.position,
    numberValue(fiber.fuel),
    numberValue(fiber.allocation),
    numberValue(fiber.calls),
    MapValue.from(fiber.variables),
    [...contextsFrom(fiber.context, fiber.rootDepth)].reverse().map(contextParts),
    frameRows(fiber.frame),
    fiber.call === null ? null : callValue(fiber.call),
    fiber.join === null ? null : joinParts(fiber, fiber.join),
    stopValue(fiber.stop),
    stopValue(fiber.held),
    fiber.failing,
    fiber.cancelled,
    Vector.adopt([...fiber.defined].sort()),
    fiber.fatal,
    fiber.result,
    sourcesValue(fiber.resultSources),
    fiber.variableSources === null ? null : MapValue.from([...fiber.variableSources].map(([name, sources]) => [name, sourcesValue(sources)] as const)),
  ];
}

export function joinParts(fiber: Fiber, join: Join): Source[] {
  const position = Number.parseInt(join.branches[0]!.path.slice(fiber.path.length), 10);
  const { bestEffort, minSuccess, maxConcurrency, failed, branches } = join;
  return [position, bestEffort, minSuccess, numberValue(maxConcurrency), failed, branches.map(fiberParts)];
}

function stopValue(stop: Stop | null): Value {
  if (stop === null) return null;
  const { depth, error, raised, cleanup } = stop;
  return Vector.of(depth, error, raised, cleanup === null ? null : Vector.of(cleanup.depth, cleanup.handler));
}

const LIMIT_ORDER = Object.keys(DEFAULT_LIMITS) as readonly LimitName[];

/** Limits may be infinite; everything counted is a whole number. */
function numberValue(value: number): Value {
  return Number.isInteger(value) ? value : makeFloat(value);
}

function limitsValue(limits: Limits): Value {
  return Vector.adopt(LIMIT_ORDER.map((name) => numberValue(limits[name])));
}

export function contextParts(context: Context): Value[] {
  const { form, name, occurrence, isolation, data, entered, options, base, seen, deadline, compensation, compensations, compensating, deciding } = context;
  const due = deadline === null ? null : Vector.of(deadline.id, deadline.durationMs, deadline.passed);
  return [keyword(form), name, occurrence, keyword(isolation), data, entered, options, base, seen, due, compensation, compensations, compensating, deciding];
}

/** Frames of one function at one place, as recursion leaves them, begin with one array. */
function frameRows(frame: Frame | null): Row[] {
  const rows: Row[] = [];
  let first: Value[] = [];
  for (let at = frame; at !== null; at = at.parent) {
    if (first[0] !== at.closure || first[1] !== at.arm.index || first[2] !== at.point || first[3] !== at.tail || first[4] !== at.sources) first = frameHead(at);
    rows.push(new Row(first, at.slots));
  }
  return rows.reverse();
}

function frameHead({ closure, arm, point, tail, sources }: Frame): Value[] {
  return [closure, arm.index, point, tail, sources === null ? null : Vector.adopt(sources.map(sourcesValue))];
}

export function frameValue(frame: Frame): Value {
  return Vector.adopt([...frameHead(frame), ...frame.slots]);
}

function callValue(call: HostCall): Value {
  const origins = call.derivedFrom.map(({ key, context, valueHash }) => Vector.of(key, context, valueHash));
  return Vector.of(call.id, call.capability, Vector.adopt([...call.args]), call.options, Vector.adopt(origins));
}

// --- back ----------------------------------------------------------------------------------------------------------

/** The state that the bytes hold, with its code found in `table`. */
export function restore(bytes: Uint8Array, table: CodeTable): Result<State, SnapshotFault> {
  const missing = new Set<string>();
  const contents = table.takeContents();
  const options: DecodeOptions = {
    resolveCode: (group, unit) => {
      const code = table.find(group, unit);
      if (code === null) missing.add(group);
      return code;
    },
    captureCount: (code) => (code as Code).captureCount,
    // What only the library may name is never a value: its arguments are not checked.
    knowsPrimitive: (name) => !name.startsWith('%') && table.primitives.get(name) !== null,
    sizeMaxBytes: SNAPSHOT_BYTES_MAX,
  };
  const decoded = decodeOne(bytes, options, contents);
  if (!decoded.ok) {
    const message = missing.size > 0 ? `the code ${[...missing].join(', ')} is missing` : `the snapshot is damaged at byte ${decoded.error.offset}: ${decoded.error.message}`;
    return { ok: false, error: { message } };
  }
  table.contents = contents.clear();
  try {
    return { ok: true, value: readState(decoded.value, table) };
  } catch (thrown) {
    if (thrown instanceof Malformed) return { ok: false, error: { message: `the snapshot is not a state: ${thrown.message}` } };
    throw thrown;
  }
}

/** The state that `stateParts` gave the parts of; throws `Malformed` for anything else. */
export function readState(value: Value, table: CodeTable): State {
  const parts = vectorOf(value, 'state');
  if (parts[0] !== MAGIC) malformed('it does not begin like one');
  if (parts[1] !== SNAPSHOT_VERSION) malformed(`it has format version ${String(parts[1])}, this RTFS reads ${SNAPSHOT_VERSION}`);
  if (parts.length !== 5) malformed('it has another number of parts');
  const limits = readLimits(parts[2]!);
  const isolations = vectorOf(parts[3]!, 'isolations').map((one) => oneOf<Isolation>(one, ISOLATIONS, 'isolation'));
  const main = readFiber(parts[4]!, { limits, path: '', outer: null, depthBelow: 0, index: 0 });
  if (main.status === 'unstarted' || main.status === 'cancelled') malformed('its main fiber has no such status');
  const all = remaining({ main });
  if (all.fuel > limits.fuel || all.allocation > limits.allocation || all.calls > limits.calls) malformed('its branches together have more left than its limits');
  const pending = pendingCalls(main);
  if (new Set(pending.map((call) => call.id)).size !== pending.length) malformed('two of its calls have one id');
  return { table, limits, isolations, main, pending, status: hasEnded(main) ? 'done' : isReady(main) ? 'ready' : 'waiting' };
}

const STATUSES: readonly FiberStatus[] = ['unstarted', 'ready', 'waiting', 'joining', 'done', 'failed', 'cancelled'];

/** Whether some part of it can go on without an answer. */
function isReady(fiber: Fiber): boolean {
  if (fiber.status === 'ready') return true;
  if (fiber.status !== 'joining') return false;
  const branches = fiber.join!.branches;
  return branches.every(hasEnded) || branches.some((branch) => branch.status === 'unstarted' && branches.filter(isOpen).length < fiber.join!.maxConcurrency) || branches.some(isReady);
}

function isOpen(fiber: Fiber): boolean {
  return fiber.status !== 'unstarted' && !hasEnded(fiber);
}

/** Where a fiber stands in the tree. */
interface Place {
  readonly limits: Limits;
  readonly path: string;
  /** The context of the fiber around it. */
  readonly outer: Context | null;
  readonly depthBelow: number;
  readonly index: number;
}

function readFiber(value: Value, place: Place): Fiber {
  const { limits, path, depthBelow } = place;
  const parts = vectorOf(value, 'fiber');
  if (parts.length !== 19) malformed('a fiber has another number of parts');
  const status = oneOf<FiberStatus>(parts[0], STATUSES, 'status');
  const context = readContexts(parts[6]!, place);
  const rootDepth = place.outer === null ? 1 : place.outer.depth + 1;
  const stop = readStop(parts[10]!, rootDepth, context);
  const held = readStop(parts[11]!, rootDepth, context);
  const failing = flag(parts[12]);
  const room = limits.depth + compensationRoom({ context, rootDepth, failing }) - depthBelow;
  const frame = readFrames(parts[7]!, status, stop !== null && !stop.raised, room);
  if (openSteps(frame) !== context.depth - rootDepth) malformed('its contexts do not fit its frames');
  const position = index(parts[1], 'position');
  const fiber: Fiber = {
    status, path, position, frame, context, rootDepth,
    variables: readNamed(parts[5]!, 'variables', (item) => item),
    fuel: left(parts[2]!, limits.fuel, 'fuel'), allocation: left(parts[3]!, limits.allocation, 'allocation'), calls: left(parts[4]!, limits.calls, 'calls'),
    depthBelow, call: parts[8] === null ? null : readCall(parts[8]!, frame, context), join: null,
    stop, held, failing, cancelled: flag(parts[13]),
    defined: new Set(vectorOf(parts[14]!, 'definitions').map((name) => text(name, 'definition'))), result: parts[16]!,
    resultSources: readSourcesOrNull(parts[17]!), variableSources: parts[18] === null ? null : readNamed(parts[18]!, 'sources', sourcesOf), fatal: flag(parts[15]),
  };
  for (const name of fiber.defined) if (!fiber.variables.has(name)) malformed('it has defined what it does not have');
  if ((status === 'waiting') !== (fiber.call !== null)) malformed('its calls do not fit its status');
  if ((status === 'joining') !== (parts[9] !== null)) malformed('its branches do not fit its status');
  if (fiber.call !== null && !isPosition(fiber.call.id, fiber)) malformed('its call has another number than calls were made');
  for (const { deadline } of contextsFrom(context, rootDepth)) if (deadline !== null && !isPosition(deadline.id, fiber)) malformed('a deadline has a number that was never reached');
  return parts[9] === null ? fiber : { ...fiber, join: readJoin(parts[9]!, fiber, limits) };
}

/** Whether the id is a position that the fiber itself has reached. */
function isPosition(id: string, fiber: Fiber): boolean {
  const number = Number(id.slice(fiber.path.length));
  return Number.isInteger(number) && number > 0 && number <= fiber.position && id === `${fiber.path}${number}`;
}

function readJoin(value: Value, fiber: Fiber, limits: Limits): Join {
  const [at, bestEffort, minSuccess, maxConcurrency, failed, items] = vectorOf(value, 'join');
  const position = index(at, 'position');
  if (position < 1 || position > fiber.position) malformed('its branches began at a position that was never reached');
  const depthBelow = fiber.depthBelow + fiber.frame!.depth - compensationRoom(fiber);
  const fibers = vectorOf(items, 'branches');
  if (fibers.length === 0 || fibers.length > limits.branches) malformed('it has more branches than its limit');
  if (fiber.context.depth > limits.contextDepth) malformed('its contexts are deeper than their limit');
  const most = count(maxConcurrency, 'number of branches at a time');
  if (most < 1) malformed('none of its branches may run');
  if (isTooDeep(fiber)) malformed('its branches are too deep in one another');
  if (typeof failed === 'number' && failed >= fibers.length) malformed('a branch that it has not has failed');
  return {
    bestEffort: flag(bestEffort), minSuccess: index(minSuccess, 'number of branches'), maxConcurrency: most, failed: failed === null ? null : index(failed, 'failed branch'),
    branches: fibers.map((item, number) => readFiber(item, { limits, path: `${fiber.path}${position}.${number}.`, outer: fiber.context, depthBelow, index: number })),
  };
}

function readStop(value: Value, rootDepth: number, context: Context): Stop | null {
  if (value === null) return null;
  const [depth, error, raised, cleanup] = vectorOf(value, 'stop');
  const at = index(depth, 'stop');
  if (at < rootDepth || at > context.depth) malformed('it has to leave a context that is not open');
  if (!(error instanceof ErrorValue)) return malformed('a stop has no error');
  return { depth: at, error, raised: flag(raised), cleanup: cleanup === null || cleanup === undefined ? null : readCleanup(cleanup) };
}

function readCleanup(value: Value): Stop['cleanup'] {
  const [depth, handler] = vectorOf(value, 'cleanup');
  return { depth: index(depth, 'cleanup'), handler: index(handler, 'cleanup') };
}

/** How many steps the frames stand in. */
function openSteps(frame: Frame | null): number {
  let count = 0;
  for (let at = frame; at !== null; at = at.parent) {
    const address = at.arm.points[at.point]!;
    for (const handler of at.arm.handlers) if (handler.kind === 'step' && address >= handler.start && address < handler.end) count += 1;
  }
  return count;
}

function errorOrNull(value: Value, what: string): ErrorValue | null {
  return value === null || value instanceof ErrorValue ? value : malformed(`its ${what} is no error`);
}

/** A whole number, or infinity. */
function count(value: Value | undefined, what: string): number {
  if (typeof value === 'number' && value >= 0 && (Number.isInteger(value) || value === Number.POSITIVE_INFINITY)) return value;
  return malformed(`its ${what} is no count`);
}

/** What is left of a limit. */
function left(value: Value, limit: number, what: string): number {
  const rest = count(value, what);
  return rest <= limit ? rest : malformed(`its ${what} is more than its limit`);
}

function readLimits(value: Value): Limits {
  const items = vectorOf(value, 'limits');
  if (items.length !== LIMIT_ORDER.length) malformed('it has another number of limits');
  const limits: Record<LimitName, number> = { ...DEFAULT_LIMITS };
  LIMIT_ORDER.forEach((name, at) => (limits[name] = count(items[at]!, `limit ${name}`)));
  return limits;
}

function readNamed<T>(value: Value, what: string, read: (item: Value) => T): ReadonlyMap<string, T> {
  const named = new Map<string, T>();
  for (const [name, item] of mapOf(value, what)) named.set(text(name, 'variable'), read(item));
  return named;
}

function readContexts(value: Value, place: Place): Context {
  let current = place.outer;
  const items = vectorOf(value, 'contexts');
  if (items.length === 0) malformed('it has no context');
  items.forEach((item, at) => (current = readContext(vectorOf(item, 'contexts'), current, at === 0 ? place : null)));
  if (current!.depth - 1 > place.limits.contextDepth) malformed('its contexts are deeper than their limit');
  return current!;
}

const FORMS: readonly ContextForm[] = ['root', 'branch', ...STEP_FORMS];

/** `root` is given for the first context of a fiber. */
function readContext(parts: readonly Value[], parent: Context | null, root: Place | null): Context {
  if (parts.length !== 14) malformed('a context has another number of parts');
  const form = oneOf<ContextForm>(parts[0], FORMS, 'form');
  if ((form === 'root') !== (parent === null) || (form === 'branch') !== (root !== null && parent !== null)) malformed('a context stands in the wrong place');
  const name = text(parts[1], 'context');
  const occurrence = index(parts[2], 'context');
  if (form === 'branch' && occurrence !== root!.index) malformed('a branch has another number than its place');
  const id = parent === null ? ROOT_ID : contextId(parent.id, form, name, occurrence);
  if (id.length > CONTEXT_ID_LENGTH_MAX) malformed('the names of its steps are too long');
  const entered = mapOf(parts[5]!, 'context counts');
  for (const [step, times] of entered) {
    if (step !== PASSES) text(step, 'step');
    index(times, 'count of steps');
  }
  const data = readData(parts[4]!);
  const compensations = parts[11] instanceof Vector ? parts[11] : malformed('its compensations are no vector');
  return {
    id, name, form, occurrence, isolation: oneOf<Isolation>(parts[3], ISOLATIONS, 'isolation'), data, sizeBytes: (parent?.sizeBytes ?? 0) + ownBytes(data),
    entered, options: readOptions(parts[6]!, form), parent, depth: parent === null ? 1 : parent.depth + 1, base: mapOf(parts[7]!, 'base'),
    seen: mapOrNull(parts[8]!, 'view'), deadline: readDeadline(parts[9]!), compensation: parts[10]!, compensations,
    compensating: flag(parts[12]), deciding: flag(parts[13]),
  };
}

function readData(value: Value): MapValue {
  const data = mapOf(value, 'context data');
  for (const [key] of data) if (!(key instanceof Keyword)) malformed('a key of a context is no keyword');
  return data;
}

/** As strict as at the entry of a step. */
function readOptions(value: Value, form: ContextForm): MapValue | null {
  const options = mapOrNull(value, 'options');
  if (options === null) return null;
  if (form === 'root' || form === 'branch' || form === 'pass') return malformed('a context has options that it cannot have');
  try {
    return checkOptions(form, options);
  } catch (thrown) {
    if (thrown instanceof Raised) return malformed('a context has options that it cannot have');
    throw thrown;
  }
}

function mapOrNull(value: Value, what: string): MapValue | null {
  return value === null ? null : mapOf(value, what);
}

function readDeadline(value: Value): Deadline | null {
  if (value === null) return null;
  const [id, durationMs, passed] = vectorOf(value, 'deadline');
  return { id: text(id, 'deadline'), durationMs: index(durationMs, 'deadline'), passed: errorOrNull(passed ?? null, 'deadline') };
}

/** What stands in a frame before its slots. */
const FRAME_PARTS = 5;

type FramePlace = 'call' | 'host' | 'fork' | 'ready' | 'interrupted';

function readFrames(value: Value, status: FiberStatus, interrupted: boolean, framesMax: number): Frame | null {
  const items = vectorOf(value, 'frames');
  const runs = status === 'ready' || status === 'waiting' || status === 'joining';
  if (runs !== items.length > 0) malformed('its frames do not fit its status');
  if (items.length > 0 && items.length > framesMax) malformed('it is deeper than its limit');
  const top: FramePlace = status === 'waiting' ? 'host' : status === 'joining' ? 'fork' : interrupted ? 'interrupted' : 'ready';
  let parent: Frame | null = null;
  for (let at = 0; at < items.length; at++) parent = readFrame(items[at]!, at < items.length - 1 ? 'call' : top, parent);
  return parent;
}

function readFrame(value: Value, place: FramePlace, parent: Frame | null): Frame {
  if (!(value instanceof Vector)) return unfit('frame', 'vector');
  const fn = value.get(0);
  const tail = value.get(3);
  const origins = value.get(4);
  const slots = value.toArray(FRAME_PARTS);
  if (!(fn instanceof Closure)) return malformed('a frame has no function');
  const code = fn.code as Code;
  const armNumber = index(value.get(1), 'arm');
  if (armNumber >= code.source.arms.length) malformed('a frame names an arm that its code does not have');
  const arm = code.arm(armNumber);
  const at = index(value.get(2), 'point');
  if (at >= arm.points.length || !fits(arm.ops[arm.points[at]!] as OpCode, at, place)) malformed('a frame stands at a point that it cannot stand at');
  if (slots.length !== arm.liveAt(at).length) malformed('a frame has another number of slots than its point');
  if (typeof tail !== 'boolean') return malformed('a frame has no tail mark');
  const sources = origins === null || origins === undefined ? null : vectorOf(origins, 'sources').map(readSourcesOrNull);
  if (sources !== null && sources.length !== slots.length + 1) malformed('a frame has another number of sources than slots');
  return { arm, closure: fn, point: at, slots, parent, depth: parent === null ? 1 : parent.depth + 1, tail, sources };
}

function readSourcesOrNull(value: Value): Sources | null {
  return value === null ? null : sourcesOf(value);
}

function sourcesOf(value: Value): Sources {
  return readSources(value) ?? malformed('a list of sources is malformed');
}

/** Point 0 is the entry, whatever instruction stands there: nobody waits at it. */
function fits(op: OpCode, point: number, place: FramePlace): boolean {
  if (place === 'interrupted') return fits(op, point, 'ready') || fits(op, point, 'host');
  if (place === 'ready') return point === 0 || op === Op.LOOP;
  if (point === 0) return false;
  if (place === 'host') return op === Op.HOST_CALL;
  if (place === 'fork') return op === Op.FORK;
  return op === Op.CALL || op === Op.CALL_DEFINITION || op === Op.APPLY || op === Op.STEP_FAIL;
}

function readCall(value: Value, frame: Frame | null, context: Context): HostCall {
  const [id, capability, args, options, origins] = vectorOf(value, 'call');
  if (options !== null && !(options instanceof MapValue)) malformed('the options of its call are no map');
  return {
    id: text(id, 'call'),
    capability: text(capability, 'capability'),
    args: vectorOf(args, 'arguments'),
    options,
    ...siteOf(context),
    derivedFrom: vectorOf(origins, 'origins').map(readOrigin),
    span: frame === null ? null : frame.arm.spanAt(frame.arm.points[frame.point]!),
  };
}

function readOrigin(value: Value): Origin {
  const [key, context, valueHash] = vectorOf(value, 'origin');
  return { key: text(key, 'origin'), context: text(context, 'origin'), valueHash: text(valueHash, 'origin') };
}
