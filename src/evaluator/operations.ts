/**
 * What instructions do when the short way is not theirs: the primitives that they fall back to, comparisons of numbers that are
 * not plain, and calls of what is no closure. Both tiers use these.
 */
import { equals } from '../value/order.ts';
import { Float, kindOf, type PrimitiveFunction, type Value } from '../value/value.ts';
import { printValue } from '../value/print.ts';
import type { Meter } from './limits.ts';
import { arityError, type LoadedPrimitive, type PrimitiveTable } from './primitives/registry.ts';
import { raise } from './raise.ts';

/** Primitives that instructions fall back to. */
export interface KernelFunctions {
  readonly add: LoadedPrimitive;
  readonly sub: LoadedPrimitive;
  readonly mul: LoadedPrimitive;
  readonly inc: LoadedPrimitive;
  readonly dec: LoadedPrimitive;
  readonly lt: LoadedPrimitive;
  readonly le: LoadedPrimitive;
  readonly gt: LoadedPrimitive;
  readonly ge: LoadedPrimitive;
  readonly eq: LoadedPrimitive;
  readonly nth: LoadedPrimitive;
  readonly get: LoadedPrimitive;
  readonly keywordGet: LoadedPrimitive;
  readonly conj: LoadedPrimitive;
  readonly count: LoadedPrimitive;
  readonly first: LoadedPrimitive;
  readonly elements: LoadedPrimitive;
}

const functionsOf = new WeakMap<PrimitiveTable, KernelFunctions>();

/** The primitives that instructions fall back to, looked up once for each table. */
export function kernelFunctions(table: PrimitiveTable): KernelFunctions {
  let functions = functionsOf.get(table);
  if (functions === undefined) {
    functions = lookUp(table);
    functionsOf.set(table, functions);
  }
  return functions;
}

function lookUp(table: PrimitiveTable): KernelFunctions {
  const need = (name: string): NonNullable<ReturnType<PrimitiveTable['get']>> => {
    const primitive = table.get(name);
    if (primitive === null) throw new Error(`the kernel needs the primitive ${name}`);
    return primitive;
  };
  return {
    add: need('+'), sub: need('-'), mul: need('*'), inc: need('inc'), dec: need('dec'), lt: need('<'), le: need('<='), gt: need('>'),
    ge: need('>='), eq: need('='), nth: need('nth'), get: need('get'), keywordGet: need('%keyword-get'), conj: need('conj'),
    count: need('count'), first: need('first'), elements: need('%elements'),
  };
}

/** Numbers that are not big: what the machine adds and compares without a look at the limits. */
export function isMachineNumber(value: Value): value is number | Float {
  return typeof value === 'number' || value instanceof Float;
}

export function same(a: Value, b: Value, kernel: KernelFunctions, meter: Meter): boolean {
  if (a === b && typeof a === 'object') return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return equals(a, b);
  return kernel.eq.f2(a, b, meter) === true;
}

/** A stored nil is a value; undefined is none. */
function orElse(found: Value | undefined, otherwise: Value | undefined): Value {
  return found !== undefined ? found : (otherwise ?? null);
}

/** Calls what is no closure: primitives, and data that can be called (keywords, maps, sets, vectors). */
export function callData(fn: Value, args: Value[], primitives: PrimitiveTable, kernel: KernelFunctions, meter: Meter): Value {
  const count = args.length;
  if (typeof fn === 'object' && fn !== null) {
    switch (fn.kind) {
      case 'function': {
        const { name } = fn as PrimitiveFunction;
        const primitive = primitives.get(name);
        if (primitive === null) return raise('undefined-symbol', `Undefined symbol: ${name}`);
        return primitive.rest(args, meter);
      }
      case 'keyword':
        if (count !== 1 && count !== 2) return arityError(`:${fn.name}`, '1 or 2', count);
        return kernel.keywordGet.rest([args[0]!, fn, ...args.slice(1)], meter);
      case 'map':
        if (count !== 1 && count !== 2) return arityError('a map', '1 or 2', count);
        return orElse(fn.get(args[0]!), args[1]);
      case 'set':
        if (count !== 1) return arityError('a set', '1', count);
        return orElse(fn.get(args[0]!), null);
      case 'vector':
        if (count !== 1) return arityError('a vector', '1', count);
        return kernel.nth.f2(fn, args[0]!, meter);
      default:
    }
  }
  const shown = printValue(fn, { maxLength: 60 });
  return raise('not-callable', `Not callable: expected function, got ${kindOf(fn)}${shown === null ? '' : ` ${shown}`}`);
}
