/**
 * The machine still tells of steps with fewer fields than `Event` has. Until it fills them all, they are filled here, so
 * that nobody else has to know.
 */
import type { Event } from '../evaluator/event.ts';
import type { Advance } from '../evaluator/state.ts';
import { MapValue } from '../value/map.ts';

export function wholeEvents(events: Advance['events']): readonly Event[] {
  return events.map((event) => ({ at: '0', form: 'step', isolation: 'inherit', declared: MapValue.empty(), ...event }) as Event);
}
