/** `:time.now :time.millis :time.sleep :step.sleep :step.deadline :step.checkpoint`. */
import { Timestamp } from '../../value/value.ts';
import { checkArity, integerIn } from '../argument.ts';
import { CHECKPOINT, checkpointLabel } from '../checkpoint.ts';
import { argumentFailure, shown } from '../failure.ts';
import type { Capability, Clock } from '../port.ts';

const SLEEP_MAX_MS = 366 * 24 * 60 * 60 * 1000;

export function timeCapabilities(clock: Clock): Capability[] {
  return [
    {
      id: 'time.now',
      summary: '→ timestamp',
      determinism: 'recorded',
      call: (args) => {
        checkArity('time.now', args, 0, 0);
        return new Timestamp(clock.nowMs());
      },
    },
    {
      id: 'time.millis',
      summary: '→ milliseconds since 1970-01-01T00:00:00Z',
      determinism: 'recorded',
      call: (args) => {
        checkArity('time.millis', args, 0, 0);
        return clock.nowMs();
      },
    },
    sleeping('time.sleep', SLEEP_MAX_MS),
    // What steps wait for: between attempts, and until their time is over.
    sleeping('step.sleep', Number.MAX_SAFE_INTEGER),
    sleeping('step.deadline', Number.MAX_SAFE_INTEGER),
    {
      id: CHECKPOINT,
      summary: 'label → nil; a run that is kept writes its state down under the label',
      determinism: 'pure',
      call: (args) => {
        checkArity(CHECKPOINT, args, 1, 1);
        if (checkpointLabel(args) === null) throw argumentFailure(CHECKPOINT, `the label is a keyword or a string, and no number: it is ${shown(args[0]!)}`);
        return null;
      },
    },
  ];
}

function sleeping(id: string, maxMs: number): Capability {
  return {
    id,
    summary: 'milliseconds → nil, after that time',
    determinism: 'idempotent',
    wait: (args) => {
      checkArity(id, args, 1, 1);
      return { kind: 'timer', durationMs: integerIn(id, args[0]!, 0, maxMs) };
    },
  };
}
