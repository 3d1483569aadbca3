/**
 * The calls of one run that are under way: started, cancelled, and their answers gathered as they come.
 *
 * - At most `maxConcurrent` capabilities work at the same time; the others wait their turn, in the order of the calls.
 *   None starts while an answer lies here that the machine has not seen.
 * - A call that the program gave up is told so through its signal, and whatever it still answers is dropped.
 */
import { MapValue } from '../value/map.ts';
import { type Judged, judge, perform } from './perform.ts';
import type { Answer, CallObserver, Host, HostCall } from './port.ts';

export interface FlightOptions {
  readonly host: Pick<Host, 'capabilities' | 'policy' | 'clock'>;
  readonly observer: CallObserver;
  readonly maxConcurrent: number;
}

interface Flight {
  readonly call: HostCall;
  readonly judged: Extract<Judged, { allowed: true }>;
  readonly exposed: MapValue;
  readonly controller: AbortController;
}

export class Flights {
  private readonly options: FlightOptions;
  /** By the id of the call: all that are not answered yet, and those of them that have not started. */
  private readonly flights = new Map<string, Flight>();
  private readonly waiting = new Set<Flight>();
  /** In the order in which they came. */
  private answers = new Map<string, Answer>();
  private working = 0;
  private wake: () => void = () => undefined;
  /** Calls taken up so far, refused ones included. */
  taken = 0;

  constructor(options: FlightOptions) {
    this.options = options;
  }

  /** Takes up the calls that are new and drops those that are no longer among `calls`. */
  reconcile(calls: readonly HostCall[], exposed: (callId: string) => MapValue): void {
    const wanted = new Set(calls.map((call) => call.id));
    for (const flight of [...this.flights.values()]) if (!wanted.has(flight.call.id)) this.drop(flight);
    for (const id of [...this.answers.keys()]) if (!wanted.has(id)) this.answers.delete(id);
    for (const call of calls) if (!this.flights.has(call.id) && !this.answers.has(call.id)) this.take(call, exposed);
    if (this.answers.size === 0) this.startWaiting();
  }

  /** The answers that have come, at least one; none only when nothing is under way or the signal is aborted. */
  async next(signal: AbortSignal): Promise<readonly Answer[]> {
    const abort = (): void => this.wake();
    signal.addEventListener('abort', abort);
    while (this.answers.size === 0 && this.flights.size > 0 && !signal.aborted) await new Promise<void>((resolve) => (this.wake = resolve));
    signal.removeEventListener('abort', abort);
    return signal.aborted ? [] : this.arrived();
  }

  /** The answers that have come since they were last asked for. */
  arrived(): readonly Answer[] {
    const answers = [...this.answers.values()];
    this.answers = new Map();
    return answers;
  }

  dropAll(): void {
    for (const flight of [...this.flights.values()]) this.drop(flight);
  }

  private take(call: HostCall, exposed: (callId: string) => MapValue): void {
    this.taken += 1;
    const judged = judge(call, this.options.host);
    this.options.observer.decided?.(call, judged.decision);
    if (!judged.allowed) return this.answer(call, judged.answer);
    const maySee = this.options.host.policy.exposes?.(judged.capability) === true;
    const flight: Flight = { call, judged, exposed: maySee ? exposed(call.id) : MapValue.empty(), controller: new AbortController() };
    this.flights.set(call.id, flight);
    this.waiting.add(flight);
  }

  private startWaiting(): void {
    for (const flight of this.waiting) {
      const isWait = flight.judged.capability.isWait === true;
      if (!isWait && this.working >= this.options.maxConcurrent) continue;
      this.waiting.delete(flight);
      if (!isWait) this.working += 1;
      void this.work(flight);
    }
  }

  private async work(flight: Flight): Promise<void> {
    const { call, controller, judged } = flight;
    const { observer, host } = this.options;
    const answer = await perform(call, {
      capability: judged.capability,
      grants: judged.grants,
      exposed: flight.exposed,
      clock: host.clock,
      signal: controller.signal,
      defect: (cause) => observer.defect?.(call, cause),
    });
    if (judged.capability.isWait !== true) this.working -= 1;
    if (this.flights.get(call.id) === flight) {
      this.flights.delete(call.id);
      this.answer(call, answer);
    }
    // An answer goes to the machine first: it may give up what waits here.
    if (this.answers.size === 0) this.startWaiting();
  }

  private answer(call: HostCall, answer: Answer): void {
    this.answers.set(call.id, answer);
    this.options.observer.answered?.(call, answer);
    this.wake();
  }

  private drop(flight: Flight): void {
    this.flights.delete(flight.call.id);
    this.waiting.delete(flight);
    this.options.observer.dropped?.(flight.call);
    flight.controller.abort();
  }
}
