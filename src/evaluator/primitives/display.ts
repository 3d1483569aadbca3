/** Values as text, within the limits of a run and paid for. */
import { displayValue, printValue } from '../../value/print.ts';
import type { Value } from '../../value/value.ts';
import type { Meter } from '../limits.ts';
import { raiseLimit } from '../raise.ts';
import { affordableUnits, chargeText } from './text.ts';

/** A value as `str` shows it, paid for; a failure when its text would be longer than a string may be. */
export function displayed(value: Value, meter: Meter): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'number' && (value | 0) === value && hasRoomForSmall(meter)) return paidText(String(value), meter);
  return paidText(displayValue(value, { maxLength: room(meter) }), meter);
}

/** Enough of everything for eleven digits and signs, so that nothing has to be looked at. */
function hasRoomForSmall({ fuel, allocation, limits }: Meter): boolean {
  return fuel >= 2 && allocation >= 2 && limits.stringLength >= 11;
}

/** A value in the form that the reader reads, paid for. */
export function printed(value: Value, meter: Meter): string {
  return paidText(printValue(value, { maxLength: room(meter) }), meter);
}

/** The longest text that limits and what is left of the budgets allow: printing stops there, not after the work. */
export function room(meter: Meter): number {
  return Math.min(meter.limits.stringLength, affordableUnits(meter));
}

/** A text that was built, paid for; null stands for one that was given up at `room`. */
export function paidText(text: string | null, meter: Meter): string {
  if (text === null) {
    if (affordableUnits(meter) >= meter.limits.stringLength) return raiseLimit('stringLength', meter.limits.stringLength);
    chargeText(meter, affordableUnits(meter) + 1);
    return '';
  }
  chargeText(meter, text.length);
  return text;
}
