/** The edges of steps as plain lines, for logs. */
import type { Event } from '../../evaluator/event.ts';
import { printable } from '../../diagnostic/terminal.ts';
import type { Clock } from '../../host/port.ts';
import type { Terminal } from '../terminal.ts';
import type { Watch } from '../watching.ts';
import { messageOf } from './model.ts';
import { duration } from './render.ts';

const ROOT = 'root/';

export function plainWatch(terminal: Pick<Terminal, 'error'>, clock: Pick<Clock, 'nowMs'>): Watch {
  const startedMs = new Map<string, number>();
  const add = (event: Event): void => {
    const nowMs = clock.nowMs();
    if (event.kind === 'step-started') startedMs.set(event.step, nowMs);
    const what = plainText(event, nowMs - (startedMs.get(event.step) ?? nowMs));
    if (event.kind === 'step-completed' || event.kind === 'step-failed') startedMs.delete(event.step);
    if (what !== null) terminal.error(`step ${printable(pathOf(event.step))} ${printable(what)}\n`);
  };
  return { observer: { events: (events) => events.forEach(add) }, console: (inner) => inner, end: () => undefined };
}

/** Null for what is worth no line: what a person follows is steps. */
export function plainText(event: Event, elapsedMs: number): string | null {
  switch (event.kind) {
    case 'step-started':
      return 'started';
    case 'step-completed':
      return `completed in ${duration(elapsedMs)}`;
    case 'step-failed':
    case 'branch-failed':
      return `failed: ${messageOf(event.error)}`;
    case 'step-retrying':
      return `failed attempt ${event.attempt}, the next one in ${duration(event.delayMs)}: ${messageOf(event.error)}`;
    case 'step-recovered':
      return `recovered by ${event.by}: ${messageOf(event.error)}`;
    case 'branch-cancelled':
      return 'cancelled';
    case 'compensation-started':
      return 'undoing';
    case 'compensation-completed':
      return 'undone';
    case 'compensation-failed':
      return `undo failed: ${messageOf(event.error)}`;
    case 'pass-started':
    case 'pass-completed':
    case 'pass-failed':
    case 'branch-started':
    case 'branch-completed':
    case 'context-set':
    case 'merged':
    case 'answer-dropped':
      return null;
  }
}

/** Without the root, which all have in common. */
function pathOf(context: string): string {
  return context.startsWith(ROOT) ? context.slice(ROOT.length) : context;
}
