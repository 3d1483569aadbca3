/**
 * Callbacks of runs on an engine: runs of the same engine, begun from inside of the step that the call is. Their ids are those of `durable/callback.ts`. A step that is done
 * again asks for the same runs again, which are there or are gone on with by whoever drives them.
 *
 * What a run of an engine was asked for as a callback is written under the name `callback`: the hash of the function and the arguments.
 */
import type { DecodeOptions } from '../../value/bytes-decode.ts';
import { asciiBytes, hashValue } from '../../value/hash.ts';
import { Vector } from '../../value/vector.ts';
import { amountsValue } from '../amounts.ts';
import type { Callback, CallbackEnd, CallbackRuns } from '../callback/callback.ts';
import { callbackData, callbackId, recordedEnd } from '../durable/callback.ts';
import type { Facts } from '../durable/facts.ts';
import { type NewStart, startData, startOptions } from '../durable/recover.ts';
import { encodeMessage } from '../durable/message.ts';
import type { Clock } from '../port.ts';
import { decodeStatus, encodeSegment, encodeStatus, type EngineStatus, newStatus, STATUS_NAME } from './documents.ts';
import type { Engine } from './port.ts';

/** The engine as callbacks need it. */
export type CallbackEngine = Pick<Engine, 'start' | 'tell' | 'read' | 'content'>;

export interface EngineCallbacks {
  readonly engine: CallbackEngine;
  readonly run: string;
  readonly hops: number;
  /** How the run was started. */
  readonly started: Facts;
  readonly code: DecodeOptions;
  readonly clock: Clock;
  /** The attempt is over. */
  readonly over: AbortSignal;
}

const CALLBACK_NAME = 'callback';

/** How soon a run is asked whether it has ended, at first and at last. */
const ASK_MS = [5, 1_000] as const;

export function engineCallbacks(parts: EngineCallbacks): CallbackRuns {
  const { run, hops } = parts;
  return { run, hops, carryOut: (callback) => new EngineCallback(parts, callback).end() };
}

class EngineCallback {
  private readonly parts: EngineCallbacks;
  private readonly callback: Callback;

  constructor(parts: EngineCallbacks, callback: Callback) {
    this.parts = parts;
    this.callback = callback;
  }

  async end(): Promise<CallbackEnd> {
    for (let variant = 1; ; variant++) {
      const id = callbackId(this.parts.run, this.callback.parent, variant);
      const isOurs = await this.patiently(() => this.begin(id));
      if (isOurs === null) return { kind: 'stopped' };
      if (!isOurs) continue;
      const ended = await this.endOf(id);
      // Of an earlier attempt, when there was one.
      if (isOurs === 'new' || ended.kind !== 'failed' || !this.callback.isTried) return ended;
    }
  }

  /** `there`: it was begun before. False: there is a run with this id already, of something else. */
  private async begin(id: string): Promise<'new' | 'there' | false> {
    const { engine: { start, read, content }, started, run } = this.parts;
    const { fn, args, variables, left, parent } = this.callback;
    const program = started.text('program') ?? '';
    const name = `${parent.capability} of ${run}`;
    const { limits = {}, isolations } = startOptions(started);
    const begun: NewStart = { limits, variables, ...(isolations === undefined ? {} : { isolations }) };
    const input = await encodeSegment({ ...startData(program, name, begun), ...callbackData(this.callback), budget: amountsValue(left) }, null, content);
    const what = asciiBytes(hashValue(Vector.of(fn, Vector.adopt([...args]))));
    if (await start(id, input, { [STATUS_NAME]: await encodeStatus(newStatus(name, program), content), [CALLBACK_NAME]: what })) return 'new';
    const found = await read(id, CALLBACK_NAME);
    return found !== null && found.length === what.length && found.every((byte, at) => byte === what[at]) && 'there';
  }

  private async endOf(id: string): Promise<CallbackEnd> {
    const { engine, code, clock, over } = this.parts;
    const { givenUp } = this.callback;
    for (let waitMs: number = ASK_MS[0]; ; waitMs = Math.min(2 * waitMs, ASK_MS[1])) {
      const status = await this.patiently(async () => {
        const bytes = await engine.read(id, STATUS_NAME);
        return bytes === null ? null : decodeStatus(bytes, engine.content, code);
      });
      const ended = status === null ? null : endIn(status);
      if (ended !== null) return ended;
      if (over.aborted) return { kind: 'stopped' };
      if (givenUp.aborted) {
        await engine.tell(id, encodeMessage('cancel', { reason: 'nobody waits for its result any more' }));
        return { kind: 'stopped' };
      }
      await clock.sleep(waitMs, givenUp);
    }
  }

  /** Again and again while the engine cannot be asked; null: the attempt is over meanwhile. */
  private async patiently<Given>(work: () => Promise<Given>): Promise<Given | null> {
    const { clock, over } = this.parts;
    while (!over.aborted) {
      try {
        return await work();
      } catch {
        await clock.sleep(ASK_MS[1], over);
      }
    }
    return null;
  }
}

function endIn({ status, value, error, budget }: EngineStatus): CallbackEnd | null {
  return status === 'running' || status === 'waiting' ? null : recordedEnd(value, error, budget);
}
