/** What kind of value it is. Every predicate takes any value and answers true or false. */
import { isFloat, isInteger, isNumber, type KindName, keyword, kindOf, type Value } from '../../value/value.ts';
import type { Primitive } from './primitive.ts';

function test(name: string, holds: (value: Value) => boolean): Primitive {
  return { name, min: 1, max: 1, f1: holds };
}

function ofKind(name: string, kind: KindName): Primitive {
  return test(name, (value) => typeof value === 'object' && value !== null && value.kind === kind);
}

/** What may stand in front of arguments: functions, and keywords, maps, sets and vectors, which are looked up in. */
function isCallable(value: Value): boolean {
  switch (kindOf(value)) {
    case 'function':
    case 'keyword':
    case 'map':
    case 'set':
    case 'vector':
      return true;
    default:
      return false;
  }
}

const SEQUENTIAL: ReadonlySet<KindName> = new Set(['vector', 'list']);
const COLLECTIONS: ReadonlySet<KindName> = new Set(['vector', 'list', 'map', 'set']);

function kindIn(value: Value, kinds: ReadonlySet<KindName>): boolean {
  return kinds.has(kindOf(value));
}

export const predicate: readonly Primitive[] = [
  test('nil?', (value) => value === null),
  test('true?', (value) => value === true),
  test('false?', (value) => value === false),
  test('boolean?', (value) => typeof value === 'boolean'),
  test('int?', isInteger),
  test('float?', isFloat),
  test('number?', isNumber),
  test('nan?', (value) => typeof value === 'number' && value !== value),
  test('infinite?', (value) => value === Number.POSITIVE_INFINITY || value === Number.NEGATIVE_INFINITY),
  test('string?', (value) => typeof value === 'string'),
  ofKind('vector?', 'vector'),
  ofKind('list?', 'list'),
  ofKind('map?', 'map'),
  ofKind('set?', 'set'),
  test('coll?', (value) => kindIn(value, COLLECTIONS)),
  test('sequential?', (value) => kindIn(value, SEQUENTIAL)),
  ofKind('keyword?', 'keyword'),
  ofKind('symbol?', 'symbol'),
  ofKind('fn?', 'function'),
  test('ifn?', isCallable),
  ofKind('timestamp?', 'timestamp'),
  ofKind('uuid?', 'uuid'),
  ofKind('resource?', 'resource'),
  ofKind('error?', 'error'),
  { name: 'type-name', min: 1, max: 1, f1: (value) => kindOf(value) },
  { name: 'type', min: 1, max: 1, f1: (value) => keyword(kindOf(value)) },
];
