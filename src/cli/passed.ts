/** What people are told when a run has taken more than a soft amount of its budget. */
import { inUnits } from '../host/amounts.ts';
import type { CallObserver } from '../host/port.ts';
import type { Passed } from '../host/security/budget.ts';
import type { Terminal } from './terminal.ts';

/** One line. */
export function passedText({ budget, soft, used }: Passed): string {
  return `warning: ${budget} ${inUnits(budget, used)}: more than the soft budget of ${inUnits(budget, soft)}\n`;
}

/** For runs that nobody looks on at: on the error stream. */
export function tellsPassed(terminal: Pick<Terminal, 'error'>): Pick<CallObserver, 'passed'> {
  return { passed: (what) => terminal.error(passedText(what)) };
}
