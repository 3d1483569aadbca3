/**
 * The constitution's say on merges of runs on an engine (`security/governance.ts`). Turns are taken again in every attempt, so the rules they
 * are held against must be the same in all of them: a segment asks for those of its worker once, in a step, and keeps them.
 */
import { cancel, resume } from '../../evaluator/kernel.ts';
import type { Advance, Event, State } from '../../evaluator/state.ts';
import type { Value } from '../../value/value.ts';
import { NONE_REFUSED, type Refused } from '../durable/history.ts';
import type { Memory } from '../memory.ts';
import type { Kernel, Turn } from '../port.ts';
import type { Constitution } from '../security/constitution.ts';
import { constitutionValue, readConstitution } from '../security/constitution-text.ts';
import { governsContexts, governTurn, type Refusal } from '../security/governance.ts';
import { emptyLineage } from '../security/lineage.ts';

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

type Governed<Taken extends { readonly events: readonly Event[]; readonly outcome: unknown }> = Pick<ReturnType<typeof governTurn<Taken>>, 'turn' | 'refusals'>;

/** The turn as the rules let it be, and what they refused. */
export function governed<Taken extends { readonly events: readonly Event[]; readonly outcome: unknown }>(
  rules: Constitution | null,
  { lineage }: Pick<Memory, 'lineage'>,
  take: (refused: Refused) => Taken,
): Governed<Taken> {
  return rules === null ? { turn: take(NONE_REFUSED), refusals: [] } : governTurn(rules, lineage ?? emptyLineage(), take);
}

/** `memory`: what the run remembers before the turn. */
export function governedKernel(rules: Constitution | null, memory: () => Memory, refused: (refusals: readonly Refusal[]) => void): Pick<Required<Kernel<never, State, never, Event>>, 'resume' | 'cancel'> {
  if (rules === null) return { resume, cancel };
  const taken = (take: (refused: Refused) => Advance): Turn<State, Event> => {
    const { turn, refusals } = governed(rules, memory(), take);
    refused(refusals);
    return turn;
  };
  return {
    resume: (state, answers, quantum) => taken((more) => resume(state, answers, { ...quantum, refused: more })),
    cancel: (state, reason, quantum) => taken((more) => cancel(state, reason, { ...quantum, refused: more })),
  };
}
