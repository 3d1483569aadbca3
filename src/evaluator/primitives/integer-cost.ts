/** What work on large integers costs, and where it stops: digits are limited by policy, not by the language (R2). */
import { integerDigits, type NumberValue } from '../../value/number.ts';
import type { Meter } from '../limits.ts';
import { chargeCells, chargeFuel, raiseLimit } from '../raise.ts';

/** Integers below this size cost nothing extra. */
const FREE_BITS = 256;
const FREE_DIGITS = 77;
const FREE_BOUND: bigint = 1n << BigInt(FREE_BITS);
/** Decimal digits that one cell (64 bits) holds. */
const DIGITS_PER_CELL = 19;
/** Steps of long multiplication, each of two cells, that one step of fuel pays for. */
const CELL_PRODUCTS_PER_STEP = 64;

/** Whether work on the number is not worth counting. */
export function isFree(value: NumberValue): boolean {
  return typeof value !== 'bigint' || (value < FREE_BOUND && value > -FREE_BOUND);
}

/** Decimal digits of a large integer, at most; 0 for any other number. */
export function digitsOf(value: NumberValue): number {
  return typeof value === 'bigint' ? integerDigits(value) : 0;
}

/** Refuses an integer of that many digits. */
export function limitDigits(meter: Meter, digits: number): void {
  if (digits > meter.limits.integerDigits) raiseLimit('integerDigits', meter.limits.integerDigits);
}

/** Pays for a result that may be a large integer, and refuses it when it has too many digits. */
export function paid<T extends NumberValue>(result: T, meter: Meter): T {
  if (typeof result !== 'bigint' || (isFree(result) && meter.limits.integerDigits >= FREE_DIGITS)) return result;
  const digits = integerDigits(result);
  limitDigits(meter, digits);
  chargeCells(meter, Math.floor(digits / DIGITS_PER_CELL));
  return result;
}

function cellsOf(digits: number): number {
  return Math.max(1, digits / DIGITS_PER_CELL);
}

/** Pays for multiplying or dividing integers of that many digits. */
export function chargeProduct(meter: Meter, aDigits: number, bDigits: number): void {
  const products = cellsOf(aDigits) * cellsOf(bDigits);
  if (products >= CELL_PRODUCTS_PER_STEP) chargeFuel(meter, Math.floor(products / CELL_PRODUCTS_PER_STEP));
}
