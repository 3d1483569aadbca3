/**
 * The constitution's say on merges of runs on an engine (`security/governance.ts`). Turns are taken again in every attempt, so the rules they
 * are held against must be the same in all of them: a segment asks for those of its worker once, in a step, and keeps them.
 */
import { cancel, resume } from '../../evaluator/kernel.ts';
import type { Event, State } from '../../evaluator/state.ts';
import type { Value } from '../../value/value.ts';
import type { Kernel } from '../port.ts';
import type { Constitution } from '../security/constitution.ts';
import { constitutionValue, readConstitution } from '../security/constitution-text.ts';
import { type Governor, governsContexts } from '../security/governance.ts';

/** What a segment has to know of the constitution; undefined for nothing. */
export function mergeRules(constitution: Constitution | undefined): Value | undefined {
  return constitution === undefined || !governsContexts(constitution) ? undefined : constitutionValue(constitution);
}

export function readMergeRules(document: Value): Constitution | null {
  if (document === null) return null;
  const constitution = readConstitution('constitution', document);
  if (!constitution.ok) throw new Error('the rules of the segment are damaged');
  return constitution.value;
}

/** `governor`: what has a say on merges; null for nothing. */
export function governedKernel(governor: Governor | null): Pick<Required<Kernel<never, State, never, Event>>, 'resume' | 'cancel'> {
  if (governor === null) return { resume, cancel };
  return {
    resume: (state, answers, quantum) => governor.take((refused) => resume(state, answers, { ...quantum, refused })),
    cancel: (state, reason, quantum) => governor.take((refused) => cancel(state, reason, { ...quantum, refused })),
  };
}
