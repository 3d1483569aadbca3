/** The parts of a document from outside, read strictly: what is not as it must be is thrown, and caught where the document is read. */
import { isInteger, Keyword, type Value } from '../value/value.ts';
import { MapValue } from '../value/map.ts';
import { Vector } from '../value/vector.ts';

export class Malformed {
  readonly message: string;
  constructor(message: string) {
    this.message = message;
  }
}

export function malformed(message: string): never {
  throw new Malformed(message);
}

export function unfit(what: string, kind: string): never {
  return malformed(`the ${what} should be a ${kind}`);
}

export function vectorOf(value: Value | undefined, what: string): readonly Value[] {
  return value instanceof Vector ? value.toArray() : unfit(what, 'vector');
}

export function mapOf(value: Value | undefined, what: string): MapValue {
  return value instanceof MapValue ? value : unfit(what, 'map');
}

export function text(value: Value | undefined, what: string): string {
  return typeof value === 'string' ? value : unfit(what, 'string');
}

export function flag(value: Value | undefined): boolean {
  return typeof value === 'boolean' ? value : unfit('mark', 'boolean');
}

export function index(value: Value | undefined, what: string): number {
  return typeof value === 'number' && isInteger(value) && value >= 0 ? value : unfit(what, 'number from 0 on');
}

/** One of the words, written as a keyword. */
export function oneOf<T extends string>(value: Value | undefined, words: readonly T[], what: string): T {
  const name = value instanceof Keyword ? value.name : '';
  return words.find((word) => word === name) ?? malformed(`the ${what} is unknown`);
}
