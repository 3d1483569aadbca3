/** What the loop tells whoever keeps its run: what must be on disk before the next step may happen, and what people ask of a run. */
import type { MapValue } from '../value/map.ts';
import type { ErrorValue, Value } from '../value/value.ts';
import type { Note } from './book.ts';
import type { Flight, Given } from './flight.ts';
import type { Recalled, Waiting } from './hold.ts';
import type { DraftData } from './journal/record.ts';
import type { ApprovalQuestion, HostCall, Turn } from './port.ts';
import type { Approval } from './security/approval.ts';

/** Writes down what happens. Null instead of a promise: nothing had to be written, the loop goes on at once. */
export interface Recorder<State, Event> {
  readonly run: string;
  /** What a record says of a call. */
  readonly factsOf: (call: HostCall) => DraftData;
  /** Something that has to be written with what comes next. */
  readonly note: Note;
  readonly recall: (callId: string) => Recalled | null;
  readonly idempotencyKey: (callId: string) => string;
  readonly approvalHash: (approval: ApprovalQuestion, callId: string) => string;
  /** What the machine gave. Called once for each turn, in order. */
  readonly turned: (turn: Turn<State, Event>) => void;
  /** These calls are about to be made or waited for. */
  readonly starting: (flights: readonly Flight[]) => Promise<void> | null;
  /** These answers are about to be given together; `quanta` are the goes of the machine since the last ones, when it is preempted now. */
  readonly answering: (answers: readonly Given[], quanta: readonly number[]) => Promise<void> | null;
  readonly cancelling: (request: CancelRequest, quanta: readonly number[]) => Promise<void> | null;
  readonly patching: (request: PatchRequest, quanta: readonly number[]) => Promise<void> | null;
  /** It cannot be done, and nothing has changed. */
  readonly refusing: (request: PatchRequest, reason: string) => void;
  /**
   * Called when nothing but time and people is waited for. True: the run is on disk, and the loop is to return. False: something has
   * come meanwhile. Null: the process waits too.
   */
  readonly park: (waits: readonly Waiting[]) => Promise<boolean> | null;
  readonly ended: (result: Ended, request: CancelRequest | null) => Promise<void>;
  /** False: questions to persons are not put here. */
  readonly asks: boolean;
  /** What a person said to such a question about a call, by the hash of what they were shown. */
  readonly said?: (callId: string, word: Pick<Approval, 'verdict' | 'hash'>) => void;
}

export interface CancelRequest {
  readonly reason: string;
  /** The person, as they are known; null when nobody said. */
  readonly who: string | null;
  /** The message that brought it; null for none. */
  readonly message: number | null;
}

export interface PatchRequest {
  readonly data: MapValue;
  readonly policy: Value;
  readonly who: string | null;
  readonly message: number | null;
}

export type Ended =
  | { readonly kind: 'complete'; readonly value: Value }
  /** `byHost`: the host would not go on with it; the program says nothing of that. */
  | { readonly kind: 'failed'; readonly error: ErrorValue; readonly byHost?: true };
