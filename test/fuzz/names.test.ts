/**
 * Names that mean something to the engine, in every place where a program may write a name: they are names like any
 * other, and afterwards the engine's own objects are as they were.
 */
import { afterAll, describe, expect, test } from 'vitest';
import { compile } from '../../src/host/compile.ts';
import { openHost } from '../../src/host/open.ts';
import { parseJson } from '../../src/value/json-read.ts';
import { writeJson } from '../../src/value/json-write.ts';
import { fromPlain, toPlain } from '../../src/value/plain.ts';
import { printValue } from '../../src/value/print.ts';
import { testEnvironment } from '../support/environment.ts';
import { compiled, ECHO, travel } from '../support/journey.ts';

const environment = testEnvironment();

const NAMES = [
  '__proto__', 'constructor', 'prototype', 'toString', 'valueOf', 'toJSON', 'then', 'hasOwnProperty', 'isPrototypeOf', '__defineGetter__', '__lookupSetter__',
  'length', 'name', 'caller', 'arguments', 'callee', 'apply', 'call-me', 'eval', 'undefined', 'Infinity', 'kind', 'get', 'set', 'size',
];

/** In each the name `N` is one for values, definitions, keys, capabilities … The value is the same whatever the name. */
const CONSTRUCTS: readonly (readonly [place: string, text: string, value: string])[] = [
  ['a definition', '(def N 5) [N (+ N 1)]', '[5 6]'],
  ['a function that calls itself', '(defn N [n] (if (= n 0) :end (N (dec n)))) (N 3)', ':end'],
  ['a parameter', '((fn [N] [N N]) 1)', '[1 1]'],
  ['a rest parameter', '((fn [& N] (count N)) 1 2)', '2'],
  ['a local', '(let [N 1 M N] (+ N M))', '2'],
  ['a variable of a loop', '(loop [N 0] (if (= N 3) N (recur (inc N))))', '3'],
  ['a variable of for', '(for [N [1 2] :when (odd? N)] N)', '[1]'],
  ['a variable of doseq', '(doseq [N [1]] N)', 'nil'],
  ['a variable of dotimes', '(dotimes [N 2] N)', '1'],
  ['a key of a map pattern', '(let [{:keys [N]} {:N 7}] N)', '7'],
  ['a key that is absent', '(let [{:keys [N] :or {N 8}} {}] N)', '8'],
  ['all of a pattern', '(let [[a :as N] [1]] N)', '[1]'],
  ['a pattern of match', '(match {:N 1} {:N N} when (= N 1) [N] _ :no)', '[1]'],
  ['an error that is caught', '(try (/ 1 0) (catch :error/arithmetic N (count (:message N))))', '16'],
  ['a keyword that is called', '[(:N {:N 1}) (:N {}) (:N {} 2) (:N nil)]', '[1 nil 2 nil]'],
  ['a string as key', '[(get {"N" 1} "N") (get {} "N") (contains? {} "N")]', '[1 nil false]'],
  ['a symbol as key', "[(get {'N 1} 'N) (get {} 'N)]", '[1 nil]'],
  ['a key that is put and taken', '(let [m (assoc {} :N 1)] [(count m) (get (dissoc m :N) :N) (get-in {:a m} [:a :N]) (get (update m :N inc) :N)])', '[1 nil 1 2]'],
  ['keys that are merged', '(let [m (merge {:N 1} {:N 2} {"N" 3})] [(:N m) (get m "N") (count m)])', '[2 3 2]'],
  ['an element of a set', '[(contains? #{:N} :N) (contains? #{} :N) (count #{:N "N"})]', '[true false 2]'],
  ['what things are grouped by', '(let [g (group-by identity [:N :N])] [(count g) (count (:N g))])', '[1 2]'],
  ['what things are counted by', '(get (frequencies ["N" "N"]) "N")', '2'],
  ['keys from text', '(let [m (parse-json "{\\"N\\": {\\"N\\": 1}}")] [(get-in m ["N" "N"]) (count m)])', '[1 1]'],
  ['keys to text and back', '(= (parse-json (serialize-json {"N" [1]})) {"N" [1]})', 'true'],
  ['keywords from text', '[(= :N (keyword "N")) (:N (keywordize-keys {"N" 1}))]', '[true 1]'],
  ['a macro', '(defmacro N [x] `(inc ~x)) (N 1)', '2'],
  ['a local of a macro', '(defmacro m [x] `(let [N# ~x] [N# N#])) (m 1)', '[1 1]'],
  ['a struct and its field', '(defstruct S :N int) (:N (S {:N 1}))', '1'],
  ['a type with that key', '(let [x:[:map [:N int]] {:N 1}] (:N x))', '1'],
  ['a module', '(module N (:exports [N]) (defn N [] 4)) (import N :as other) (other/N)', '4'],
  ['a capability', '(call :N 3)', '3'],
  ['a capability of a family', '(call :N.N 3)', '3'],
  ['a step', '(step "N" (call :log 1))', '1'],
  ['data of a context', '(do (context/set :N 1) (context/get :N))', '1'],
  ['an error of its own', '(try (throw (ex-info "N" {:N 1})) (catch e (:N (ex-data e))))', '1'],
];

describe.each(NAMES)('%s', (name) => {
  test('is a name like any other, in every place', () => {
    const problems = CONSTRUCTS.flatMap(([place, template, value]) => {
      const text = template.replaceAll('N#', `${name}#`).replace(/\bN\b/g, () => name);
      const compilation = compile(environment, { file: 'names', text });
      if (compilation.program === null) return [`${place}: ${text}\n    ${compilation.diagnostics[0]!.message}`];
      const straight = travel(compiled(environment, text), { answer: ECHO });
      const reloaded = travel(compiled(environment, text), { answer: ECHO, reload: true, quantum: 1 });
      if (straight.end !== `=> ${value}`) return [`${place}: ${text}\n    ${straight.end}`];
      return JSON.stringify(reloaded) === JSON.stringify(straight) ? [] : [`${place}: ${text}\n    another result when saved and loaded`];
    });
    expect(problems.join('\n')).toBe('');
  });

  test('is a key of data from outside, and goes back outside as one', () => {
    const text = `{"a":1,${JSON.stringify(name)}:{${JSON.stringify(name)}:[2]}}`;
    const read = parseJson(text);
    if (!read.ok) throw new Error(read.error.message);
    const written = writeJson(read.value);
    expect(written.ok && parseJson(written.value)).toEqual(read);
    const plain = fromPlain(JSON.parse(text));
    if (!plain.ok) throw new Error(plain.error.message);
    expect(printValue(plain.value)).toBe(printValue(read.value));
    expect(JSON.stringify(toPlain(read.value))).toBe(JSON.stringify(JSON.parse(written.ok ? written.value : '')));
  });

  test('is no capability of the host, no definition and no method', () => {
    expect(openHost({ grants: [] }).capabilities.find(name)).toBeUndefined();
    if (!['name', 'get', 'set', 'apply', 'length'].includes(name)) {
      const { program, diagnostics } = compile(environment, { file: 'names', text: `(${name} {})` });
      expect([program, diagnostics[0]?.code]).toEqual([null, 'E0201']);
    }
    expect(travel(compiled(environment, `[(:${name} "text") (:${name} [1]) (:${name} (fn [x] x)) (get "text" "${name}")]`)).end).toMatch(/^=> \[nil nil nil nil\]$|^! :error\/type/);
  });
});

/** What programs could have reached, as it was before anything ran. */
const shapes = [Object.prototype, Array.prototype, Function.prototype, String.prototype, Number.prototype, Map.prototype, Set.prototype, Promise.prototype].map((object) => [object, shapeOf(object)] as const);

function shapeOf(object: object): string {
  return Reflect.ownKeys(object).map((key) => `${String(key)} ${describeProperty(Object.getOwnPropertyDescriptor(object, key)!)}`).join('\n');
}

function describeProperty({ value, writable, enumerable, configurable }: PropertyDescriptor): string {
  return `${typeof value} ${typeof value === 'function' ? (value as { name: string }).name : typeof value === 'object' ? '' : String(value)} ${writable} ${enumerable} ${configurable}`;
}

afterAll(() => {
  for (const [object, shape] of shapes) expect(shapeOf(object)).toBe(shape);
  expect(Object.getPrototypeOf(Object.prototype)).toBeNull();
  expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
});
