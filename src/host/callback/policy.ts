/** What the calls of a callback come under (C2). */
import type { Isolation } from '../../evaluator/context.ts';
import type { Policy, PolicyRequest } from '../port.ts';
import type { CallbackParent } from './callback.ts';

/** The policy, asked as if the call that called back made the calls itself. */
export function underParent(policy: Policy, { step, isolation, origins }: Pick<CallbackParent, 'step' | 'isolation' | 'origins'>): Policy {
  const decide: Policy['decide'] = (request) => {
    const own = request.origins ?? request.derivedFrom?.map(({ key }) => key);
    const all = origins === null ? request.origins : [...new Set([...origins, ...(own ?? [])])];
    const asked: PolicyRequest = { ...request, step: request.step ?? step, isolation: stricter(request.isolation ?? 'inherit', isolation), ...(all === undefined ? {} : { origins: all }) };
    return policy.decide(asked);
  };
  return { ...policy, decide };
}

const FROM_OPEN: readonly Isolation[] = ['inherit', 'isolated', 'sandboxed'];

function stricter(one: Isolation, other: Isolation): Isolation {
  return FROM_OPEN[Math.max(FROM_OPEN.indexOf(one), FROM_OPEN.indexOf(other))]!;
}
