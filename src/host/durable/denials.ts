/** Everything that was denied in a run, from its journal: by the policy, the constitution, a budget, a person. */
import { AMOUNT_NAMES, inUnits } from '../amounts.ts';
import type { JournalRecord } from '../journal/record.ts';
import type { Reason } from '../port.ts';
import { readApproval } from '../security/approval.ts';
import { type Denial, readDenial } from '../security/denial.ts';
import { MERGE } from '../security/governance.ts';
import { Facts } from './facts.ts';

/** In the order in which it happened. */
export function denialsIn(records: readonly JournalRecord[]): readonly Denial[] {
  const asked = new Map<string, Pick<Denial, 'capability' | 'step'>>();
  /** Of what they were last asked about each call: it was made all the same, and not shown what the rule is about. */
  const withheld = new Map<string, string>();
  for (const { kind, data } of records) {
    const facts = new Facts(data);
    if (kind === 'call-requested' || kind === 'approval-requested') asked.set(facts.text('call') ?? '', { capability: facts.text('capability') ?? '', step: facts.text('step') });
    if (kind === 'approval-requested' && facts.is('withholds')) withheld.set(facts.text('call') ?? '', facts.text('rule') ?? '');
  }
  return records.flatMap(({ kind, data }): Denial[] => {
    const facts = new Facts(data);
    const call = facts.text('call') ?? '';
    const about = { call, ...(asked.get(call) ?? { capability: '', step: null }) };
    switch (kind) {
      case 'governance-denied': {
        const denial = readDenial(facts.value('denial'));
        // Nobody has denied the merge: the run was cancelled while somebody was asked.
        if (facts.error('error')?.type.name === 'error/cancelled') return [];
        return denial !== null ? [denial] : [{ call: facts.text('at') ?? '', capability: MERGE, step: facts.text('step'), reasons: [mergeReason(facts)] }];
      }
      case 'budget-exhausted':
        return [{ ...about, reasons: [budgetReason(facts)] }];
      case 'approval-denied':
        return [{ ...about, reasons: [approvalReason(facts, withheld.get(call) ?? null)] }];
      default:
        return [];
    }
  });
}

function mergeReason(facts: Facts): Reason {
  const rule = facts.text('rule');
  return { rule: 'constitution', id: rule, source: 'the constitution', message: facts.error('error')?.message ?? 'the merge is not allowed', cure: null };
}

function budgetReason(facts: Facts): Reason {
  const name = AMOUNT_NAMES.find((one) => one === facts.text('budget')) ?? 'calls';
  const step = facts.text('step') ?? 'root';
  const amount = (field: string): number => inUnits(name, facts.number(field) ?? 0);
  const isRun = step === 'root';
  return {
    rule: 'budget', id: name, source: isRun ? 'the budget of the run' : `:resources of step ${step}`,
    message: `${amount('left')} of ${amount('granted')} ${name} left, ${amount('wanted')} wanted`,
    cure: isRun ? `--budget ${name}=N` : `:resources {:${name} N} of that step`,
  };
}

function approvalReason(facts: Facts, withheld: string | null): Reason {
  const approval = readApproval(facts.value('approval'));
  const [by, comment] = approval.ok ? [approval.value.by, approval.value.comment] : ['a person', null];
  const message = comment ?? 'they said no';
  if (withheld === null) return { rule: 'approval', id: null, source: by, message, cure: null };
  return { rule: 'approval', id: withheld, source: by, message: `${message} (the call was made without what it was to see)`, cure: null };
}
