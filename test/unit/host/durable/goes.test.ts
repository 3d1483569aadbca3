/** Long pure stretches, in which the machine is preempted: whoever goes on with such a run comes to the same place, however many goes it took. */
import { expect, test } from 'vitest';
import { printValue } from '../../../../src/value/print.ts';
import { Crash, crashing, programOf, World } from './support.ts';

/** Each stretch takes more than one go. */
const LONG = '(loop [i 0] (if (< i 6000000) (recur (inc i)) i))';

function world(): World {
  return new World().add('echo', 'idempotent', (args) => args[0]!);
}

test.each([
  ['before the first call', `(do ${LONG} (+ (call :echo 1) (call :echo 2)))`, '3'],
  ['between calls', `(+ (call :echo 1) ${LONG} (call :echo 2) (call :echo 3))`, '6000006'],
])('a long stretch %s is gone through again to where the calls are', async (_name, text, expected) => {
  const program = programOf(text);
  for (let at = 2; at <= 3; at++) {
    const one = world();
    const first = one.process(crashing(one.store, at, 'after').store);
    await expect(first.start(program)).rejects.toBeInstanceOf(Crash);
    first.end();
    const result = await one.process().resume();
    expect(result.kind === 'complete' ? printValue(result.value) : result).toBe(expected);
  }
});
