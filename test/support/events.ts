/** Events made by hand: a run in a few words. */
import type { Event, Origin } from '../../src/evaluator/event.ts';
import type { Isolation } from '../../src/evaluator/context.ts';
import type { MergeRecord } from '../../src/evaluator/merge.ts';
import { errorValue } from '../../src/evaluator/raise.ts';
import { MapValue } from '../../src/value/map.ts';
import { type ErrorValue, keyword, type Value } from '../../src/value/value.ts';

type StepForm = Extract<Event, { readonly kind: 'step-started' }>['form'];

export const boom: ErrorValue = errorValue('user', 'boom');
export const cancelled: ErrorValue = errorValue('cancelled', 'Cancelled: a branch failed');

function lastName(id: string): string {
  return id.slice(id.lastIndexOf('/') + 1).replace(/#\d+$/, '');
}

function lastIndex(id: string): number {
  return Number(lastName(id));
}

/** The ids of contexts leave out the root; the names are the last part of them. */
export class Events {
  private count = 0;

  started(id: string, more: { readonly form?: StepForm; readonly isolation?: Isolation } = {}): Event {
    const parent = id.includes('/') ? `root/${id.slice(0, id.lastIndexOf('/'))}` : 'root';
    return { ...this.at(id), kind: 'step-started', name: lastName(id), form: 'step', parent, isolation: 'inherit', declared: MapValue.empty(), ...more };
  }

  completed(id: string): Event {
    return { ...this.at(id), kind: 'step-completed', name: lastName(id) };
  }

  failed(id: string, error: Value = boom): Event {
    return { ...this.at(id), kind: 'step-failed', name: lastName(id), error };
  }

  retrying(id: string, attempt: number, delayMs: number): Event {
    return { ...this.at(id), kind: 'step-retrying', name: lastName(id), attempt, delayMs, error: boom };
  }

  recovered(id: string, by: 'fallback' | 'delegate'): Event {
    return { ...this.at(id), kind: 'step-recovered', name: lastName(id), by, error: boom };
  }

  pass(id: string, edge: 'started' | 'completed'): Event {
    return { ...this.at(id), kind: `pass-${edge}`, index: lastIndex(id) };
  }

  branch(id: string, edge: 'started' | 'completed'): Event {
    return { ...this.at(id), kind: `branch-${edge}`, index: lastIndex(id) };
  }

  branchEnded(id: string, edge: 'failed' | 'cancelled', error: Value = boom): Event {
    return { ...this.at(id), kind: `branch-${edge}`, index: lastIndex(id), error };
  }

  set(id: string, key: string, value: Value, derivedFrom: readonly Origin[] = []): Event {
    return { ...this.at(id), kind: 'context-set', key: keyword(key), value, derivedFrom };
  }

  merged(id: string, record: Partial<MergeRecord> & Pick<MergeRecord, 'into' | 'policy'>): Event {
    return { ...this.at(id), kind: 'merged', added: [], kept: [], overwritten: [], merged: [], conflicts: [], ...record };
  }

  undo(id: string, edge: 'started' | 'completed'): Event {
    return { ...this.at(id), kind: `compensation-${edge}`, name: lastName(id) };
  }

  undoFailed(id: string): Event {
    return { ...this.at(id), kind: 'compensation-failed', name: lastName(id), error: boom };
  }

  private at(id: string): { readonly at: string; readonly step: string } {
    this.count += 1;
    return { at: String(this.count), step: id === 'root' ? id : `root/${id}` };
  }
}
