/** The exit codes: a script that calls `rtfs` can tell from them what happened. */
import type { ErrorValue } from '../value/value.ts';

export const EXIT = {
  ok: 0,
  failed: 1,
  usage: 2,
  paused: 3,
  invalid: 4,
  denied: 5,
  limit: 6,
  internal: 70,
  interrupted: 130,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** In the order of the codes, for the help. */
export const EXIT_MEANINGS: readonly (readonly [ExitCode, string])[] = [
  [EXIT.ok, 'done; the plan completed, the check found no errors, the tests passed'],
  [EXIT.failed, 'the plan failed with an error that it did not catch; a test failed; a file is not formatted'],
  [EXIT.usage, 'the command was not understood, or a file that it names cannot be read or written'],
  [EXIT.paused, 'the plan is paused: it is in a store and waits for a person or for its time'],
  [EXIT.invalid, 'the program is invalid, so nothing ran: syntax, names, checks'],
  [EXIT.denied, 'the plan failed because a call was denied; the message names the grant that would allow it'],
  [EXIT.limit, 'the plan failed because it hit a limit: fuel, depth, sizes, calls, memory'],
  [EXIT.internal, 'a defect of rtfs itself'],
  [EXIT.interrupted, 'interrupted with Ctrl-C'],
];

/** The code for a plan that ended with this error. */
export function exitOfError(error: ErrorValue): ExitCode {
  switch (error.type.name) {
    case 'error/security':
      return EXIT.denied;
    case 'error/budget':
    case 'error/stack':
    case 'error/overflow':
      return EXIT.limit;
    case 'error/internal':
      return EXIT.internal;
    default:
      return EXIT.failed;
  }
}
