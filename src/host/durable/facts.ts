/**
 * What stands in the records of a run, kind by kind: written by `recorder.ts`, read by whoever goes on with a run, replays it or
 * shows it. Keys are keywords; what is nil is left out.
 *
 *   run-started     program name [+ variables limits isolations context] [+ budget budget-source soft-budget] [+ traced] [+ authority authority-key authority-signature, see `authority.ts`]
 *                   [+ from seq hash: this run was forked from the record `seq` of the run `from`]
 *                   [+ function args parent: it is a callback, and begins with the function; `parent` is a map, see `callback.ts`]
 *                   [+ branch: it is what a worker wrote down of somebody's branch, a map, see `branch/log.ts`]
 *   run-resumed     owner  [+ notes]                  run-waiting   waits [+ budget]
 *   call-requested  turn call capability args determinism [+ id] [+ options step isolation derived-from] [+ due] [+ exposed] [+ held] | [+ refused] | [+ first]
 *   call-answered   turn call  value | error  [+ by] [+ duration-ms] [+ who] [+ used] [+ quanta]
 *   call-planned    call at next [+ until]            hint-applied  call hint capability detail
 *   attempt-started call attempt determinism [+ id due exposed held]
 *   attempt-ended   call target capability started ended  value | error  [+ used]
 *   approval-requested  turn call capability args … rule question shown hash [+ withholds] [+ held]
 *   approval-granted, approval-denied  call approval
 *   call-repeated   call [+ who]                      turn-ended    turn events
 *   governance-denied   call denial (`security/denial.ts`) | turn at step into verdict rule keys error: a merge
 *   budget-exhausted    call budget step granted left wanted      grant-changed  budget
 *   budget-passed   budget soft used                  callback-started  call number run: that run is a callback of the call
 *   branch-given    path state worker: the hash of the branch, and where it went
 *   branch-returned path state [+ given] [+ worker-state: where the worker says that it came to something else] [+ run seq hash: its log] [+ home: not at its end]
 *   checkpoint      root turn open reason [+ memory] [+ label cancelled] [+ quanta]
 *   context-patched  turn data policy [+ who] [+ quanta]
 *   value-fetched   hash bytes
 *   cancel-requested  turn reason [+ who] [+ quanta]  message-ignored  message reason
 *   run-complete    value [+ budget]                  run-failed, run-cancelled  error [+ budget] [+ by, when the host would not go on] [+ who, of a cancel that comes while a merge is held]
 *
 * `id` is that of the capability when the plan called it by another name; `by` is left out for capabilities, `duration-ms` when it is 0. The key
 * under which a call is made is the run's id, a slash, and the call's.
 *
 * A call with hints is requested with `first`, when that was, and made in attempts; each time it is planned what comes next with it there is a
 * `call-planned`, and planning it again at the times `at` comes to the same. `held` and `used` are amounts of the budget (`security/amounts.ts`), `memory` is
 * what the run remembers (`host/memory.ts`).
 *
 * A value that would make a record large is content of its own: instead of `value` there is `value-content`, its hash. `quanta` are
 * the goes of the machine that came before, when it was preempted. `events` are JSON lines (`evaluator/event-value.ts`). `open` in a
 * checkpoint is a map from the ids of calls that are under way to [due made requested asked approved] or [… denied]: when their wait is over (or nil), whether they may
 * have been made, whether their request is written, when somebody was asked to allow them (or nil), the hash of what was allowed (or nil), and of what was not.
 */
import { encodeValue } from '../../value/bytes.ts';
import { hashValue } from '../../value/hash.ts';
import { MapValue } from '../../value/map.ts';
import { ErrorValue, Keyword, keyword, type Value } from '../../value/value.ts';
import { Vector } from '../../value/vector.ts';
import type { DraftData } from '../journal/record.ts';
import type { Content } from '../store/port.ts';

/** The fields of a record's data, read without trust: what is not there, or is something else, is null. */
export class Facts {
  readonly data: MapValue;
  constructor(data: MapValue) {
    this.data = data;
  }

  value(name: string): Value {
    return this.data.get(keyword(name)) ?? null;
  }

  text(name: string): string | null {
    const value = this.value(name);
    return typeof value === 'string' ? value : value instanceof Keyword ? value.name : null;
  }

  number(name: string): number | null {
    const value = this.value(name);
    return typeof value === 'number' ? value : null;
  }

  is(name: string): boolean {
    return this.value(name) === true;
  }

  items(name: string): readonly Value[] {
    const value = this.value(name);
    return value instanceof Vector ? value.toArray() : [];
  }

  entries(name: string): readonly (readonly [Value, Value])[] {
    const value = this.value(name);
    return value instanceof MapValue ? [...value] : [];
  }

  numbers(name: string): readonly number[] {
    return this.items(name).filter((item) => typeof item === 'number');
  }

  error(name: string): ErrorValue | null {
    const value = this.value(name);
    return value instanceof ErrorValue ? value : null;
  }
}

/** The fields that may be large, and may then be content of their own. */
const HEAVY = ['args', 'function', 'value', 'error', 'variables', 'context', 'data', 'options', 'memory', 'state'] as const;
/** A record with more bytes than this gives its heavy fields away. */
export const RECORD_BYTES_MAX = 16 * 1024;
/** Smaller values stay where they are. */
const CONTENT_BYTES_MIN = 1024;

/** The data with its large values as content, which is added to `content`. */
export function lighten(heavy: DraftData, content: Content[]): DraftData {
  const data: Record<string, Value | undefined> = { ...heavy };
  for (const name of HEAVY) {
    const value = data[name];
    if (value === undefined || value === null) continue;
    const bytes = encodeValue(value);
    if (bytes.length < CONTENT_BYTES_MIN) continue;
    const hash = hashValue(value);
    content.push({ hash, bytes });
    delete data[name];
    data[`${name}-content`] = hash;
  }
  return data;
}

/** The names of the content that a record needs. */
export function contentOf(data: MapValue): readonly string[] {
  const facts = new Facts(data);
  return HEAVY.map((name) => facts.text(`${name}-content`)).filter((hash) => hash !== null);
}

/** The data with all that is content of its own put back. `read` gives the value of a hash; null when something is missing. */
export async function whole(data: MapValue, read: (hash: string) => Promise<Value | undefined>): Promise<MapValue | null> {
  const facts = new Facts(data);
  let result = data;
  for (const name of HEAVY) {
    const hash = facts.text(`${name}-content`);
    if (hash === null) continue;
    const value = await read(hash);
    if (value === undefined) return null;
    result = result.set(keyword(name), value);
  }
  return result;
}

/** The fields of a record that was read whole, to be written again. */
export function recordFields({ data }: Facts): Record<string, Value> {
  const fields: Record<string, Value> = {};
  for (const [key, value] of data) if (key instanceof Keyword && !HEAVY.some((name) => key.name === `${name}-content`)) fields[key.name] = value;
  return fields;
}
