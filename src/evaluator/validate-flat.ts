/**
 * Values against *flat* types: those that can be decided without looking into a collection. Recursive over the type
 * only, which is bounded; constant time but for the text that predicates read, which is paid for.
 */
import { matchesPrimitive } from '../ir/type-primitive.ts';
import { holds, type Predicate } from '../ir/type-predicate.ts';
import type { FunctionView, TypeView } from '../ir/type-view.ts';
import { compare } from '../value/order.ts';
import type { FunctionValue, Value } from '../value/value.ts';
import type { Meter } from './limits.ts';
import type { RegexEngine } from './primitives/regex-engine.ts';
import { chargeScan } from './primitives/text.ts';
import { chargeFuel, raise } from './raise.ts';

/** How many arguments a function takes. */
export interface ArityRange {
  readonly min: number;
  /** Infinity when there is no most. */
  readonly max: number;
}

export interface ValidationServices {
  /** For `:matches-regex`; null in bundles without an engine. */
  readonly regex: RegexEngine | null;
  /** What is known of a function's arity; null when nothing is. Without it every function has every function type. */
  readonly arityOf?: (fn: FunctionValue) => ArityRange | null;
}

/** What is wrong with a value; turned into text only when nothing else can save the value. */
export type Failure =
  | { readonly kind: 'mismatch'; readonly view: TypeView; readonly value: Value }
  | { readonly kind: 'predicate'; readonly predicate: Predicate; readonly value: Value }
  | { readonly kind: 'missing'; readonly key: Value; readonly value: Value }
  | { readonly kind: 'shape'; readonly expected: number; readonly found: number };

export class FlatCheck {
  private readonly services: ValidationServices;
  private readonly meter: Meter;

  constructor(services: ValidationServices, meter: Meter) {
    this.services = services;
    this.meter = meter;
  }

  /** `view` is flat. */
  matches(view: TypeView, value: Value): boolean {
    switch (view.kind) {
      case 'primitive':
        return matchesPrimitive(view.name, value);
      case 'literal':
        return this.isOneOf(view.values, value);
      case 'optional':
        return value === null || this.matches(view.item, value);
      case 'union':
        return view.items.some((item) => this.matches(item, value));
      case 'and':
        return view.items.every((item) => this.matches(item, value)) && this.broken(view.predicates, value) === null;
      case 'function':
        return isFunction(value) && this.acceptsArity(view, value);
      default:
        return typeof value === 'object' && value !== null && value.kind === 'resource';
    }
  }

  /** Why a flat type refuses the value. */
  explain(view: TypeView, value: Value): Failure {
    if (view.kind === 'and') {
      const refusing = view.items.find((item) => !this.matches(item, value));
      if (refusing !== undefined) return this.explain(refusing, value);
      const predicate = this.broken(view.predicates, value);
      if (predicate !== null) return { kind: 'predicate', predicate, value };
    }
    if (view.kind === 'optional' && view.item.kind === 'and') return this.explain(view.item, value);
    return { kind: 'mismatch', view, value };
  }

  /** The first predicate that does not hold. */
  broken(predicates: readonly Predicate[], value: Value): Predicate | null {
    for (const predicate of predicates) {
      if (typeof value === 'string') chargeScan(this.meter, value.length);
      if (!holds(predicate, value, (pattern, text) => this.search(pattern, text))) return predicate;
    }
    return null;
  }

  private search(pattern: string, text: string): boolean {
    const { regex } = this.services;
    if (regex === null) return raise('not-implemented', 'Not implemented: regular expressions are not part of this build');
    chargeFuel(this.meter, pattern.length);
    const compiled = regex.compile(pattern);
    if (typeof compiled === 'string') return raise('argument', `Invalid argument: malformed regular expression in a type: ${compiled}`);
    return compiled.run(text, 0, 'search', this.meter) !== null;
  }

  private isOneOf(values: readonly Value[], value: Value): boolean {
    chargeFuel(this.meter, values.length);
    return values.some((one) => one === value || compare(one, value) === 0);
  }

  private acceptsArity(view: FunctionView, fn: FunctionValue): boolean {
    const arity = this.services.arityOf?.(fn) ?? null;
    if (arity === null) return true;
    const count = view.parameters.length;
    return arity.min <= count && (view.rest === null ? count <= arity.max : arity.max === Number.POSITIVE_INFINITY);
  }
}

function isFunction(value: Value): value is FunctionValue {
  return typeof value === 'object' && value !== null && value.kind === 'function';
}
