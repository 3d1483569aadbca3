/** Which values the named types have. The cheapest check of all: one switch, the commonest names first. */
import { isInteger, isNumber, type Value } from '../value/value.ts';

/**
 * Whether the value has the primitive type of that name; no value has one whose name is unknown. An integer may stand
 * where a float is expected, so `float` and `number` have the same values; `vector` takes any sequence, as
 * `[:vector any]` does, while `list` takes lists alone.
 */
export function matchesPrimitive(name: string, value: Value): boolean {
  switch (name) {
    case 'int':
      return isInteger(value);
    case 'string':
      return typeof value === 'string';
    case 'any':
      return true;
    case 'bool':
      return typeof value === 'boolean';
    case 'float':
    case 'number':
      return isNumber(value);
    case 'nil':
      return value === null;
    case 'never':
      return false;
    default:
      return typeof value === 'object' && value !== null && matchesKind(name, value.kind);
  }
}

type ObjectKind = Extract<Value, { readonly kind: string }>['kind'];

function matchesKind(name: string, kind: ObjectKind): boolean {
  switch (name) {
    case 'keyword':
    case 'map':
    case 'list':
    case 'set':
    case 'symbol':
    case 'timestamp':
    case 'uuid':
    case 'resource':
    case 'error':
      return kind === name;
    case 'vector':
      return kind === 'vector' || kind === 'list';
    case 'fn':
      return kind === 'function';
    default:
      return false;
  }
}
