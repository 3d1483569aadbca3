/** What a capability is given of its flight. Made for each call, so that all that few of them ask for is made when they do. */
import type { MapValue } from '../value/map.ts';
import type { Amounts } from './amounts.ts';
import type { CallbackQueue } from './callback/callback.ts';
import { added, type Flight } from './flight.ts';
import type { FlightOptions, Flights } from './flights.ts';
import type { Performance } from './perform.ts';
import type { CallContext, Clock, Usage, WorkCapability } from './port.ts';

export class Performing implements Performance {
  readonly capability: WorkCapability;
  private readonly flight: Flight;
  private readonly options: FlightOptions;
  private readonly flights: Pick<Flights, 'isUnderWay' | 'callbacksOf'>;

  constructor(flight: Flight, capability: WorkCapability, options: FlightOptions, flights: Pick<Flights, 'isUnderWay' | 'callbacksOf'>) {
    this.capability = capability;
    this.flight = flight;
    this.options = options;
    this.flights = flights;
  }

  get grants(): CallContext['grants'] {
    return this.flight.judged.grants;
  }

  get exposed(): MapValue {
    return this.flight.exposed;
  }

  get idempotencyKey(): string {
    return this.options.idempotencyKey(this.flight.call.id);
  }

  get run(): string | null {
    return this.options.run;
  }

  get clock(): Clock {
    return this.options.host.clock;
  }

  get canCallBack(): boolean {
    return this.options.callbacks !== null;
  }

  used(usage: Usage): void {
    this.flight.usage = added(this.flight.usage, usage);
  }

  left(): Amounts {
    return this.options.book.leftFor(this.flight.call);
  }

  newCallbacks(givenUp: AbortSignal): CallbackQueue {
    return this.flights.callbacksOf(this.flight, this.options.callbacks!, givenUp);
  }

  signal(): AbortSignal {
    const { flight } = this;
    if (flight.controller === null) {
      flight.controller = new AbortController();
      if (!this.flights.isUnderWay(flight)) flight.controller.abort();
    }
    return flight.controller.signal;
  }

  defect(cause: unknown): void {
    this.options.observer.defect?.(this.flight.call, cause);
  }
}
