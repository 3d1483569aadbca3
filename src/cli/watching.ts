/**
 * Who looks on while a plan runs: the live tree, plain lines, the stream of JSON lines. Here it is decided who does; what
 * they do is loaded when there is something to see.
 */
import type { Event } from '../evaluator/event.ts';
import type { Clock, Console, Observer } from '../host/port.ts';
import type { JsonForm, StepsChoice } from './invocation.ts';
import type { Terminal } from './terminal.ts';

/** Is told what happens, and stands between the plan and its console, so that both can write to one terminal. */
export interface Watch {
  readonly observer: Observer<Event>;
  readonly console: (inner: Console) => Console;
  /** The run is over, whichever way. Called once. */
  readonly end: () => void;
}

export interface WatchOptions {
  readonly steps: StepsChoice;
  readonly json: JsonForm;
  readonly terminal: Terminal;
  readonly clock: Clock;
}

/** `tree` is the tree as it is in the end, for what is no terminal. */
type StepsForm = 'live' | 'tree' | 'plain' | 'none';

/** Null when nobody looks on. Called when there is something to see: whether that goes to a terminal takes milliseconds to find out. */
export async function openWatch(options: WatchOptions): Promise<Watch | null> {
  const stream = options.json === 'stream' ? (await import('./progress/stream.ts')).streamWatch(options) : null;
  const steps = await stepsWatch(stepsForm(options), options);
  return stream === null ? steps : steps === null ? stream : both(stream, steps);
}

/** On a terminal the tree, elsewhere nothing, unless something is asked for. */
function stepsForm({ steps, json, terminal }: WatchOptions): StepsForm {
  switch (steps) {
    case 'auto':
      return terminal.errorMoves && json === 'none' ? 'live' : 'none';
    case 'some':
      return terminal.errorMoves ? 'live' : 'plain';
    case 'tree':
      return terminal.errorMoves ? 'live' : 'tree';
    case 'plain':
    case 'none':
      return steps;
  }
}

async function stepsWatch(form: StepsForm, { terminal, clock }: WatchOptions): Promise<Watch | null> {
  switch (form) {
    case 'none':
      return null;
    case 'plain':
      return (await import('./progress/plain.ts')).plainWatch(terminal, clock);
    case 'tree':
      return (await import('./progress/live.ts')).lastTree(terminal, clock);
    case 'live':
      return (await import('./progress/live.ts')).liveTree(terminal, clock);
  }
}

function both(first: Watch, second: Watch): Watch {
  return {
    observer: {
      events: (events) => {
        first.observer.events?.(events);
        second.observer.events?.(events);
      },
      decided: (call, decision) => {
        first.observer.decided?.(call, decision);
        second.observer.decided?.(call, decision);
      },
      answered: (call, answer) => {
        first.observer.answered?.(call, answer);
        second.observer.answered?.(call, answer);
      },
      passed: (what) => {
        first.observer.passed?.(what);
        second.observer.passed?.(what);
      },
      dropped: (call) => {
        first.observer.dropped?.(call);
        second.observer.dropped?.(call);
      },
    },
    console: (inner) => second.console(first.console(inner)),
    end: () => {
      first.end();
      second.end();
    },
  };
}
