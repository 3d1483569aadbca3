/** A host that knows beforehand what it will be asked, and in what order. */
import { systemClock } from '../host/clock.ts';
import { HostFailure } from '../host/failure.ts';
import type { Capability, Clock, Host } from '../host/port.ts';
import { callText } from './effects.ts';
import { answerValue, type FakeAnswer } from './fake.ts';

/** A call as text, and its answer: `[':shop.price "lamp"', 89]`. */
export type ScriptLine = readonly [call: string, answer: FakeAnswer];

export interface ScriptedHost extends Host {
  /** Throws an `Error` when calls were made that the script does not have, or not made that it has. */
  readonly finish: () => void;
}

/** `order: 'any'`: each call takes the first line of its text that is left, for plans whose branches call at the same time. */
export function scriptedHost(script: readonly ScriptLine[], { order = 'strict', clock = systemClock }: { readonly order?: 'strict' | 'any'; readonly clock?: Clock } = {}): ScriptedHost {
  const left = [...script];
  const unexpected: string[] = [];
  const answer = (text: string): FakeAnswer => {
    const at = order === 'any' ? left.findIndex(([call]) => call === text) : left[0]?.[0] === text ? 0 : -1;
    if (at >= 0) return left.splice(at, 1)[0]![1];
    unexpected.push(text);
    return new HostFailure('host', `the script does not have the call ${text} here`);
  };
  const capability = (id: string): Capability => ({
    id, summary: 'a line of a script', determinism: 'live', call: (args) => answerValue(answer(callText({ capability: id, args }))),
  });
  return {
    capabilities: { find: capability, names: () => [...new Set(script.map(([call]) => call.slice(1).split(' ')[0]!))].sort() },
    policy: { decide: () => ({ allowed: true, grants: [] }) },
    clock,
    close: () => Promise.resolve(),
    finish: () => {
      const problems = [...unexpected.map((call) => `unexpected: ${call}`), ...left.map(([call]) => `not called: ${call}`)];
      if (problems.length > 0) throw new Error(`the run did not follow the script\n${problems.join('\n')}`);
    },
  };
}
