/** Capabilities that only look like some: they answer as they were told, and remember what they were asked. */
import { HostFailure } from '../host/failure.ts';
import type { Capability, Determinism } from '../host/port.ts';
import { fromPlain, type Plain, toPlain } from '../value/plain.ts';
import type { Value } from '../value/value.ts';

/** JavaScript data (objects become maps with keywords as keys), a value of the language, or a failure. */
export type FakeAnswer = Plain | Value | HostFailure;

/** The answers one after the other, or a function of the arguments as JavaScript data. */
export type FakeAnswers = readonly FakeAnswer[] | ((...args: Plain[]) => FakeAnswer | Promise<FakeAnswer>);

export type FakeCapability = Capability & {
  /** The arguments of the calls so far. */
  readonly calls: readonly (readonly Plain[])[];
};

/** A call for which there is no answer left fails with `:error/host`. */
export function fakeCapability(id: string, answers: FakeAnswers, determinism: Determinism = 'live'): FakeCapability {
  const calls: (readonly Plain[])[] = [];
  const call = async (args: readonly Value[]): Promise<Value> => {
    const plain = args.map(toPlain);
    calls.push(plain);
    if (typeof answers === 'function') return answerValue(await answers(...plain));
    const answer = answers[calls.length - 1];
    if (answer === undefined) throw new HostFailure('host', `the fake :${id} has ${answers.length} answers, and this is call ${calls.length}`);
    return answerValue(answer);
  };
  return { id, summary: 'a fake', determinism, calls, call };
}

/** Throws the failure that the answer is. */
export function answerValue(answer: FakeAnswer): Value {
  if (answer instanceof HostFailure) throw answer;
  const value = fromPlain(answer, { keys: 'keywords' });
  if (value.ok) return value.value;
  throw new Error(`an answer is no data: ${value.error.message}`);
}
