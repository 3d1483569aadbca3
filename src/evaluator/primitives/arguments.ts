/** Arguments as a primitive wants them, or the type error that says what it wanted. */
import { isInteger, isNumber, type Float, type Value } from '../../value/value.ts';
import { raise, raiseType } from '../raise.ts';

export function stringArgument(operation: string, value: Value): string {
  return typeof value === 'string' ? value : raiseType(operation, 'string', value);
}

export function integerArgument(operation: string, value: Value): number | bigint {
  return isInteger(value) ? value : raiseType(operation, 'integer', value);
}

export function numberArgument(operation: string, value: Value): number | bigint | Float {
  return isNumber(value) ? value : raiseType(operation, 'number', value);
}

/** An integer that may be a length, count or position: `raise`s argument when it is negative, clamps beyond 2^53. */
export function countArgument(operation: string, value: Value): number {
  const count = integerArgument(operation, value);
  if (count < 0) return raise('argument', `Invalid argument: ${operation} expects an integer that is not negative, got ${brief(count)}`);
  return typeof count === 'bigint' ? Number.MAX_SAFE_INTEGER : count;
}

/** `Index out of bounds: index i is not in range [0, n)`. */
export function raiseIndex(index: number | bigint, size: number): never {
  return raise('index', `Index out of bounds: index ${brief(index)} is not in range [0, ${size})`);
}

/** An integer for a message; one that nobody could read is only named. */
function brief(integer: number | bigint): string {
  return typeof integer === 'number' || (integer > -(10n ** 40n) && integer < 10n ** 40n) ? `${integer}` : integer < 0n ? 'a huge negative integer' : 'a huge integer';
}
