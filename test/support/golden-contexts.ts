/** The trees of contexts whose bytes are kept under `test/golden/context/v1`. Add trees; never change one. */
import { beginIsolated, checkpoint, contextTree, createParallelContext, enterStep, set, switchTo, type ContextTree, type Entered, type TreeResult } from '../../src/evaluator/context-tree.ts';
import { List } from '../../src/value/list.ts';
import { MapValue } from '../../src/value/map.ts';
import { keyword, makeFloat, PrimitiveFunction, symbol, type Value } from '../../src/value/value.ts';
import { Vector } from '../../src/value/vector.ts';

/** The value of a move that must be allowed. */
export function done<T>(result: TreeResult<T>): T {
  if (!result.ok) throw new Error(`${result.error.code}: ${result.error.message}`);
  return result.value;
}

type Move = (tree: ContextTree) => ContextTree;

function moves(tree: ContextTree, ...list: readonly Move[]): ContextTree {
  return list.reduce((at, move) => move(at), tree);
}

const put = (key: string, value: Value): Move => (tree) => done(set(tree, key, value));
const into = (result: (tree: ContextTree) => TreeResult<Entered>): Move => (tree) => done(result(tree)).tree;

const KEYS_OF_EVERY_TYPE = MapValue.of(1, 'integer', '1', 'string', keyword('1'), 'keyword', null, 'nil', true, 'boolean', symbol('1'), 'symbol', Vector.of(1), 'vector', 10n ** 30n, 'big');

export function goldenContexts(): Record<string, ContextTree> {
  const empty = done(contextTree());
  return {
    empty,
    values: moves(
      empty,
      put('nil', null),
      put('big', 10n ** 40n),
      put('nan', Number.NaN),
      put('zero', makeFloat(-0)),
      put('list', List.of(1, Vector.of(2))),
      put('function', new PrimitiveFunction('+')),
      put('keys', KEYS_OF_EVERY_TYPE),
    ),
    nested: moves(
      empty,
      put('k', 'root'),
      into((tree) => enterStep(tree, 'trip')),
      put('k', 'trip'),
      into((tree) => enterStep(tree, 'hotel', { keepBase: true })),
      into((tree) => enterStep(tree, 'a/b#1', { isolation: 'sandboxed' })),
      put('b', 1),
    ),
    branches: moves(
      empty,
      put('k', 1),
      into((tree) => createParallelContext(tree, 'work')),
      into((tree) => createParallelContext(tree, 'work', { isolation: 'inherit' })),
      put('k', 2),
      (tree) => done(switchTo(tree, 'root/work#1')),
      into((tree) => beginIsolated(tree)),
    ),
    checkpoints: moves(
      empty,
      (tree) => done(checkpoint(tree, 'before')),
      put('k', 1),
      into((tree) => enterStep(tree, 'a')),
      (tree) => done(checkpoint(tree, 'inside')),
      put('k', 2),
    ),
  };
}
