/** `:time.now :time.millis :time.sleep :step.sleep :step.deadline`. */
import { Timestamp } from '../../value/value.ts';
import { checkArity, integerIn } from '../argument.ts';
import type { Capability, Clock } from '../port.ts';

const SLEEP_MAX_MS = 366 * 24 * 60 * 60 * 1000;

export function timeCapabilities(clock: Clock): Capability[] {
  return [
    {
      id: 'time.now',
      summary: '→ timestamp',
      determinism: 'recorded',
      call: async (args) => {
        checkArity('time.now', args, 0, 0);
        return new Timestamp(clock.nowMs());
      },
    },
    {
      id: 'time.millis',
      summary: '→ milliseconds since 1970-01-01T00:00:00Z',
      determinism: 'recorded',
      call: async (args) => {
        checkArity('time.millis', args, 0, 0);
        return clock.nowMs();
      },
    },
    {
      id: 'time.sleep',
      summary: 'milliseconds → nil, after that time',
      determinism: 'idempotent',
      call: async (args, context) => {
        checkArity('time.sleep', args, 1, 1);
        await clock.sleep(integerIn('time.sleep', args[0]!, 0, SLEEP_MAX_MS), context.signal);
        return null;
      },
    },
    // What steps wait for: between attempts, and until their time is over.
    ...['step.sleep', 'step.deadline'].map(
      (id): Capability => ({
        id,
        summary: 'milliseconds → nil, after that time',
        determinism: 'idempotent',
        isWait: true,
        call: async (args, context) => {
          checkArity(id, args, 1, 1);
          await clock.sleep(integerIn(id, args[0]!, 0, Number.MAX_SAFE_INTEGER), context.signal);
          return null;
        },
      }),
    ),
  ];
}
