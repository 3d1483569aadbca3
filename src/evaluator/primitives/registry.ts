/** All primitives of a kernel by name, each with a function for every arity that the machine calls directly. */
import type { Value } from '../../value/value.ts';
import type { Meter } from '../limits.ts';
import { raise } from '../raise.ts';
import type { Primitive } from './primitive.ts';

/** A primitive whose functions are all there: those it does not define go to `rest`, or raise an arity error. */
export interface LoadedPrimitive {
  readonly name: string;
  readonly min: number;
  readonly max: number;
  readonly f0: (meter: Meter) => Value;
  readonly f1: (a: Value, meter: Meter) => Value;
  readonly f2: (a: Value, b: Value, meter: Meter) => Value;
  readonly f3: (a: Value, b: Value, c: Value, meter: Meter) => Value;
  readonly rest: (args: Value[], meter: Meter) => Value;
}

export class PrimitiveTable {
  private readonly byName = new Map<string, LoadedPrimitive>();

  constructor(primitives: Iterable<Primitive>) {
    for (const primitive of primitives) this.byName.set(primitive.name, load(primitive));
  }

  get(name: string): LoadedPrimitive | null {
    return this.byName.get(name) ?? null;
  }

  names(): Iterable<string> {
    return this.byName.keys();
  }
}

export function arityError(name: string, expected: string, count: number): never {
  return raise('arity', `Arity mismatch in ${name}: expected ${expected}, got ${count}`);
}

/** Stands for a primitive that code from elsewhere asks for and this kernel does not have. */
export function missingPrimitive(name: string): LoadedPrimitive {
  return load({ name, min: 0, max: Number.POSITIVE_INFINITY, rest: () => raise('undefined-symbol', `Undefined symbol: ${name} is not in this kernel`) });
}

function arityText(primitive: Primitive): string {
  if (primitive.max === Number.POSITIVE_INFINITY) return `at least ${primitive.min}`;
  return primitive.min === primitive.max ? `${primitive.min}` : `${primitive.min} to ${primitive.max}`;
}

function load(primitive: Primitive): LoadedPrimitive {
  const { name, min, max } = primitive;
  const wrong = (count: number): never => arityError(name, arityText(primitive), count);
  const many = primitive.rest;
  const allowed = (count: number): boolean => count >= min && count <= max;
  return {
    name,
    min,
    max,
    f0: primitive.f0 ?? ((meter) => (many !== undefined && allowed(0) ? many([], meter) : wrong(0))),
    f1: primitive.f1 ?? ((a, meter) => (many !== undefined && allowed(1) ? many([a], meter) : wrong(1))),
    f2: primitive.f2 ?? ((a, b, meter) => (many !== undefined && allowed(2) ? many([a, b], meter) : wrong(2))),
    f3: primitive.f3 ?? ((a, b, c, meter) => (many !== undefined && allowed(3) ? many([a, b, c], meter) : wrong(3))),
    rest: (args, meter) => callAny(primitive, args, meter, wrong),
  };
}

function callAny(primitive: Primitive, args: Value[], meter: Meter, wrong: (count: number) => never): Value {
  const count = args.length;
  if (count < primitive.min || count > primitive.max) return wrong(count);
  if (count === 1 && primitive.f1 !== undefined) return primitive.f1(args[0]!, meter);
  if (count === 2 && primitive.f2 !== undefined) return primitive.f2(args[0]!, args[1]!, meter);
  if (count === 3 && primitive.f3 !== undefined) return primitive.f3(args[0]!, args[1]!, args[2]!, meter);
  if (count === 0 && primitive.f0 !== undefined) return primitive.f0(meter);
  return primitive.rest === undefined ? wrong(count) : primitive.rest(args, meter);
}
