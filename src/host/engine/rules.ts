/**
 * The constitution's say on merges of runs on an engine (`security/governance.ts`). Turns are taken again in every attempt, so the rules they
 * are held against must be the same in all of them: a segment asks for those of its worker once, in a step, and keeps them.
 */
import { cancel, resume } from '../../evaluator/kernel.ts';
import type { Event, State } from '../../evaluator/state.ts';
import type { ErrorValue, Value } from '../../value/value.ts';
import type { Memory } from '../memory.ts';
import type { Kernel } from '../port.ts';
import type { Constitution } from '../security/constitution.ts';
import { constitutionValue, readConstitution } from '../security/constitution-text.ts';
import { governsContexts, governTurn } from '../security/governance.ts';
import { emptyLineage } from '../security/lineage.ts';

type Refused = ReadonlyMap<string, ErrorValue>;

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

/** The turn as the rules let it be. */
export function governed<Turn extends { readonly events: readonly Event[]; readonly outcome: unknown }>(
  rules: Constitution | null,
  { lineage }: Pick<Memory, 'lineage'>,
  take: (refused: Refused) => Turn,
): ReturnType<typeof governTurn<Turn>>['turn'] {
  return rules === null ? take(NONE_REFUSED) : governTurn(rules, lineage ?? emptyLineage(), take).turn;
}

const NONE_REFUSED: Refused = new Map();

/** `memory`: what the run remembers before the turn. */
export function governedKernel(rules: Constitution | null, memory: () => Memory): Pick<Required<Kernel<never, State, never, Event>>, 'resume' | 'cancel'> {
  if (rules === null) return { resume, cancel };
  return {
    resume: (state, answers, quantum) => governed(rules, memory(), (refused) => resume(state, answers, { ...quantum, refused })),
    cancel: (state, reason, quantum) => governed(rules, memory(), (refused) => cancel(state, reason, { ...quantum, refused })),
  };
}
