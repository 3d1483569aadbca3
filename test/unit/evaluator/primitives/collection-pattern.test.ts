import { describe, expect, it } from 'vitest';
import { List } from '../../../../src/value/list.ts';
import { MapValue } from '../../../../src/value/map.ts';
import { printValue } from '../../../../src/value/print.ts';
import { errorValue, type ErrorKind } from '../../../../src/evaluator/raise.ts';
import { ErrorValue, keyword, type Value } from '../../../../src/value/value.ts';
import { call, raised, rows } from './collection-harness.ts';

describe('taking values apart', () => {
  rows([
    ['(%elements nil)', '[]'],
    ['(%elements "a😀")', '["a" "😀"]'],
    ['(%elements {:b 1 :a 2})', '[[:a 2] [:b 1]]'],
    ['(%elements #{2 1})', '[1 2]'],
    ["(%elements '(1 2))", '[1 2]'],
    ['(%elements 5)', '! type Type error in iteration: expected a collection, got integer'],
    ['(%elements :a "map")', '! type Type error in map: expected a collection, got keyword'],
    ['(%nth-or-nil [1] 0)', '1'],
    ['(%nth-or-nil [1] 1)', 'nil'],
    ['(%nth-or-nil nil 1)', 'nil'],
    ['(%nth-or-nil "ab" 1)', '"b"'],
    ['(%nth-or-nil {:a 1} 0)', '! type Type error in destructuring: expected a vector, list or string, got map'],
    ['(%nthrest [1 2 3] 1)', '(2 3)'],
    ["(%nthrest '(1 2 3) 2)", '(3)'],
    ["(%nthrest '(1) 5)", '()'],
    ['(%nthrest nil 1)', '()'],
    ['(%nthrest "abc" 1)', '("b" "c")'],
    ['(%nthrest 5 0)', '! type'],
    ['(%nthrest {:a 1} 0)', '! type'],
    ['(%as-map nil)', '{}'],
    ['(%as-map {:a 1})', '{:a 1}'],
    ["(%as-map '())", '{}'],
    ["(%as-map '(:a 1 :b 2))", '{:a 1 :b 2}'],
    ["(%as-map '(:a 1 {:a 2 :b 3}))", '{:a 2 :b 3}'],
    ["(%as-map '({:a 2}))", '{:a 2}'],
    ["(%as-map '(:a 1 :b))", '! argument Invalid argument: expected a value for each keyword argument, got 3 arguments'],
    ['(%as-map [1])', '! type Type error in destructuring: expected map, got vector'],
    ['(%map-without {:a 1 :b 2 :c 3} :a :c)', '{:b 2}'],
  ]);

  it('reads an error as the map of its parts', () => {
    const error = errorValue('arithmetic', 'Division by zero');
    expect(printValue(call('%as-map', [error]))).toBe('{:data nil :message "Division by zero" :span nil :stack nil :type :error/arithmetic}');
    expect(call('get', [error, keyword('message')])).toBe('Division by zero');
    expect(call('get', [error, keyword('type')])).toBe(keyword('error/arithmetic'));
    expect(call('contains?', [error, keyword('none')])).toBe(false);
    expect(call('count', [error])).toBe(5);
    expect(call('get', [call('assoc', [error, keyword('extra'), 1]), keyword('extra')])).toBe(1);
  });
});

describe('the shapes that match asks for', () => {
  rows([
    ['(%match-sequential? [1 2] 2)', 'true'],
    ["(%match-sequential? '(1 2) 2)", 'true'],
    ['(%match-sequential? [1 2] 1)', 'false'],
    ['(%match-sequential? "ab" 2)', 'false'],
    ['(%match-sequential? nil 0)', 'false'],
    ['(%match-sequential-min? [1 2] 1)', 'true'],
    ['(%match-sequential-min? [] 1)', 'false'],
    ['(%match-sequential-min? {} 0)', 'false'],
    ['(%match-map? {:a 1})', 'true'],
    ['(%match-map? nil)', 'false'],
    ['(%match-map? [1])', 'false'],
    ['(%match-empty-map? {})', 'true'],
    ['(%match-empty-map? {:a 1})', 'false'],
    ['(%match-empty-map? nil)', 'false'],
    ['(%match-key {:a nil} :a)', 'true'],
    ['(%match-key {:a nil} :b)', 'false'],
    ['(%match-key nil :b)', 'false'],
    ['(%no-match 5)', '! match Match error: No matching clause'],
  ]);
});

describe('the errors that a catch clause takes', () => {
  const kernel = (kind: ErrorKind): Value => errorValue(kind, 'x');
  const own = new ErrorValue(keyword('my/kind'), 'x', null, null, null);
  const cases: readonly (readonly [string, Value, Value, boolean])[] = [
    ['a kind of the kernel', kernel('arithmetic'), keyword('error/arithmetic'), true],
    ['another kind', kernel('arithmetic'), keyword('error/type'), false],
    ['an own kind', own, keyword('my/kind'), true],
    ['the type of a thrown map', MapValue.of(keyword('type'), keyword('my/kind')), keyword('my/kind'), true],
    ['nothing of a thrown number', 5, keyword('my/kind'), false],
    ['any thrown value for _', 5, '_', true],
    ['any error for Exception', kernel('host'), 'Exception', true],
    ['any error for java.lang.Exception', kernel('host'), 'java.lang.Exception', true],
    ['DivisionByZero', kernel('arithmetic'), 'DivisionByZero', true],
    ['DivisionByZero, but not for an arity', kernel('arity'), 'DivisionByZero', false],
    ['ArityMismatch', kernel('arity'), 'ArityMismatch', true],
    ['TypeError', kernel('type'), 'TypeError', true],
    ['IndexOutOfBoundsException', kernel('index'), 'IndexOutOfBoundsException', true],
    ['ExceptionInfo for an error of the program', kernel('user'), 'clojure.lang.ExceptionInfo', true],
    ['HostError for a timeout', kernel('timeout'), 'HostError', true],
    ['no RuntimeError for a timeout', kernel('timeout'), 'RuntimeError', false],
    ['RuntimeError for a wrong index', kernel('index'), 'RuntimeError', true],
    ['an unknown class with the name of the type', own, 'my/kind', true],
    ['an unknown class with the last part of the type', own, 'kind', true],
    ['no unknown class', own, 'Made-Up', false],
    ['a program kind that is called like a class', new ErrorValue(keyword('arithmetic'), 'x', null, null, null), 'DivisionByZero', false],
  ];
  it.each(cases)('takes %s', (_name, thrown, kind, expected) => {
    expect(call('%catches?', [thrown, kind])).toBe(expected);
  });
});

describe('what the library needs', () => {
  rows([
    ['(%list->vector (list 1 2))', '[1 2]'],
    ['(%list->map (list :a 1 :b 2))', '{:a 1 :b 2}'],
    ['(%list->map (list :a))', '! argument'],
    ['(%list->set (list 1 1))', '#{1}'],
    ['(%spread [1 2 [3 4]])', '[1 2 3 4]'],
    ['(%spread [1 nil])', '[1]'],
    ['(%spread [1 2])', '! type Type error in apply: expected a collection, got integer'],
    ['(%fail "argument" "Invalid argument: x")', '! argument Invalid argument: x'],
  ]);

  it('has no positions for what is neither vector nor list', () => {
    expect(raised(() => call('%nth-or-nil', [keyword('a'), 0]))).toBe('! type Type error in destructuring: expected a vector, list or string, got keyword');
    expect(call('%nth-or-nil', [List.of(1, 2), 1])).toBe(2);
  });
});
