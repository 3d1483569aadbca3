/** Driving a kept run from the command line: the end of it, whatever that is. */
import { waitValue } from '../../host/durable/record-data.ts';
import { encodeValue } from '../../value/bytes.ts';
import { Vector } from '../../value/vector.ts';
import type { State } from '../../evaluator/state.ts';
import type { RunResult } from '../../host/loop.ts';
import { StoreProblem } from '../../host/store/port.ts';
import type { Diagnostic } from '../../diagnostic/diagnostic.ts';
import { diagnostic } from '../../diagnostic/diagnostic.ts';
import type { Ending } from '../ending.ts';
import { waitsOf } from './show.ts';

export function endingOf(result: RunResult<State>, run: string, storeOption: string): Ending {
  switch (result.kind) {
    case 'complete':
    case 'failed':
      return result;
    case 'waiting':
      return { kind: 'paused', run, waits: waitsOf({ waits: encodeValue(Vector.adopt(result.waits.map(waitValue))) }), storeOption };
    case 'cancelled':
      return { kind: 'interrupted', run, storeOption };
  }
}

/** What went wrong with the store while a run was driven, for people; anything else is a defect and is thrown again. */
export function storeDiagnostic(cause: unknown, run: string): Diagnostic {
  if (!(cause instanceof StoreProblem)) throw cause;
  return diagnostic('E0511', `the run ${run} cannot go on: ${cause.message}`, null);
}
