import { describe, expect, it } from 'vitest';
import type { Diagnostic } from '../../../src/diagnostic/diagnostic.ts';
import { fitsTypeLimits } from '../../../src/ir/type.ts';
import { printType } from '../../../src/ir/type-text.ts';
import { viewType } from '../../../src/ir/type-view.ts';
import type { Form } from '../../../src/parser/form.ts';
import { parseStruct, parseStructs, type StructDeclaration } from '../../../src/parser/struct-form.ts';
import { isTypeName, parseType } from '../../../src/parser/type-form.ts';
import type { TypeEnv } from '../../../src/parser/type-name.ts';
import { keyword, type Value } from '../../../src/value/value.ts';
import { CHAIN, formOf, show, typeOf } from '../../support/types.ts';

const ENV: TypeEnv = { structs: (name) => (name === 'Chain' ? CHAIN : name === 'Error' ? keyword('any') : null), structNames: () => ['Chain', 'Error'] };

function problem(text: string): Diagnostic {
  const result = parseType(formOf(text), ENV);
  if (result.ok) throw new Error(`${text} is the type ${show(result.value)}`);
  return result.error;
}

describe('parseType gives the normalised form', () => {
  it.each([
    ['int', ':int'],
    [':int', ':int'],
    ['Int', ':int'],
    [':Int', ':int'],
    ['integer', ':int'],
    ['boolean', ':bool'],
    ['Boolean', ':bool'],
    ['nil', ':nil'],
    [':nil', ':nil'],
    ['Any', ':any'],
    ['never', ':never'],
    ['number', ':number'],
    ['timestamp', ':timestamp'],
    ['uuid', ':uuid'],
    ['UUID', ':uuid'],
    ['vector', ':vector'],
    ['Map', ':map'],
    ['list', ':list'],
    ['set', ':set'],
    ['fn', ':fn'],
    ['symbol', ':symbol'],
    ['keyword', ':keyword'],
    ['resource', ':resource'],
    ['error', ':error'],
    ['Error', ':any'],
    ['int?', '[:optional :int]'],
    [':string?', '[:optional :string]'],
    ['String?', '[:optional :string]'],
    ['any?', ':any'],
    ['[:vector int]', '[:vector :int]'],
    ['[:vector :int?]', '[:vector [:optional :int]]'],
    ['[:optional [:vector int]]', '[:optional [:vector :int]]'],
    ['[:set int]', '[:set :int]'],
    ['[:tuple]', '[:tuple]'],
    ['[:tuple int string]', '[:tuple :int :string]'],
    ['[:map]', '[:map]'],
    ['[:map [:a int] [:b string ?]]', '[:map [:a :int] [:b :string :optional]]'],
    ['[:record [:a int]]', '[:map [:a :int]]'],
    ['[:map {:a int :b string}]', '[:map [:a :int] [:b :string]]'],
    ['[:map [:* any] [:a int]]', '[:map [:a :int] [:* :any]]'],
    ['[:map [:a int] {:b int :* string}]', '[:map [:a :int] [:b :int] [:* :string]]'],
    ['[:map ["k" int] [1 int]]', '[:map ["k" :int] [1 :int]]'],
    ['{:a int}', '[:map [:a :int]]'],
    ['{}', '[:map]'],
    ['[:map-of string int]', '[:map-of :string :int]'],
    ['[:dict :keyword :any]', '[:map-of :keyword :any]'],
    ['[:fn [int string] bool]', '[:fn [:int :string] :bool]'],
    ['[:=> [] int]', '[:fn [] :int]'],
    ['[:fn [int & string] bool]', '[:fn [:int :& :string] :bool]'],
    ['[:resource FileHandle]', '[:resource "FileHandle"]'],
    ['[:enum :a "b" 1 nil]', '[:enum :a "b" 1 nil]'],
    ['[:union int string int]', '[:union :int :string]'],
    ['[:union int]', ':int'],
    ['[:val :ok]', '[:val :ok]'],
    ['[:array int]', '[:array :int [:?]]'],
    ['[:array int []]', '[:array :int [:?]]'],
    ['[:array int [2 ?]]', '[:array :int [2 :?]]'],
    ['[:stream {:a int}]', '[:stream [:map [:a :int]]]'],
    ['[:and int [:>= 1] [:<= 9]]', '[:and :int [:>= 1] [:<= 9]]'],
    ['[:and int [> 0]]', '[:and :int [:> 0]]'],
    ['[:and [:> 0] int]', '[:and :int [:> 0]]'],
    ['[:and int number]', '[:and :int :number]'],
    ['[:and string [:non-empty] [:is-url]]', '[:and :string [:non-empty] [:is-url]]'],
    ['[:and string :non-empty :is-email]', '[:and :string [:non-empty] [:is-email]]'],
    ['[:and [:vector int] [:min-count 1]]', '[:and [:vector :int] [:min-count 1]]'],
    ['[:and map [:required-keys [:a :b]] [:has-key "c"]]', '[:and :map [:required-keys [:a :b]] [:has-key "c"]]'],
    ['[:and string [:matches-regex "^a"]]', '[:and :string [:matches-regex "^a"]]'],
    ['[:and float [:in-range 0 1.5] [:= 1] [:!= 0]]', '[:and :float [:in-range 0 1.5] [:= 1] [:!= 0]]'],
    ['[:vector Chain]', `[:vector ${show(CHAIN)}]`],
    [':Chain', show(CHAIN)],
    ['Chain?', `[:optional ${show(CHAIN)}]`],
  ])('%s: %s', (text, normal) => {
    const result = parseType(formOf(text), ENV);
    expect(result.ok ? show(result.value) : result.error.message).toBe(normal);
    expect(result.ok && viewType(result.value) !== null).toBe(true);
  });
});

describe('a malformed type is E0221 and says what was expected', () => {
  it.each([
    ['[]', '`[]` is not a type', 'a vector of anything is `vector`'],
    ['[int string]', 'a bracketed type starts with its constructor', 'a vector of exactly these elements is `[:tuple T…]`, of elements of one type `[:vector T]`'],
    ['[int]', 'a bracketed type starts with its constructor', 'a vector whose elements are all of one type is `[:vector T]`'],
    ['[vector int]', 'the constructor `vector` lacks its colon', 'write `[:vector T]`'],
    ['[:vectr int]', 'unknown type constructor `:vectr`', 'did you mean `[:vector …]`?'],
    ['[:or int string]', 'unknown type constructor `:or`', 'did you mean `[:union T T]`?'],
    ['[:list int]', 'unknown type constructor `:list`', 'did you mean `[:vector T]`?'],
    ['[:maybe int]', 'unknown type constructor `:maybe`', 'did you mean `[:optional T]`?'],
    ['[:int 1]', '`int` takes no parts', 'write `int` alone, or narrow it: `[:and int …]`'],
    ['[:> 0]', 'the predicate `:>` stands alone', 'put it behind a type: `[:and int [:> …]]`'],
    ['[:min-length 3]', 'the predicate `:min-length` stands alone', 'put it behind a type: `[:and string [:min-length …]]`'],
    ['(vector int)', 'a type is not written with `(…)`', 'write it with square brackets: `[:vector int]`'],
    ['#{:a :b}', 'a type is not written with `#{…}`', 'one of several values is `[:enum :a :b]`, a set of values of one type `[:set T]`'],
    ['"int"', 'a literal is not a type', 'write the name of a type without quotes'],
    ['5', 'a literal is not a type', 'exactly this value as a type is `[:val …]`'],
    ['true', 'a literal is not a type', 'exactly this value as a type is `[:val …]`'],
    ['[:vector]', '`:vector` takes exactly one type, got nothing', null],
    ['[:vector int string]', '`:vector` takes exactly one type, got 2 parts', null],
    ['[:map-of int]', '`:map-of` takes the type of the keys and the type of the values, got 1 part', null],
    ['[:union]', '`:union` takes at least one type, got nothing', null],
    ['[:enum]', '`:enum` takes at least one literal, got nothing', null],
    ['[:val 1 2]', '`:val` takes one literal, got 2 parts', null],
    ['[:val [1]]', 'this is not a literal', null],
    ['[:enum red green]', 'this is not a literal', 'a keyword is `:red`, a text `"red"`'],
    ['[:map :a int]', 'this is not an entry of a map type', 'write `[:a T]`'],
    ['[:map [:a]]', 'an entry of a map type is a key and a type', null],
    ['[:map [:a {:optional true} int]]', 'only `?` may stand after the type of an entry', 'an entry that may be absent is `[:key T ?]`'],
    ['[:map [:a int] [:a string]]', 'this key stands twice', null],
    ['[:map [a int]]', 'this is not a literal', 'a keyword is `:a`, a text `"a"`'],
    ['[:map [:* int] [:* int]]', '`:*` stands twice', null],
    ['[:map [:* int ?]]', '`:*` is never required', null],
    ['[:fn int]', '`:fn` takes a vector of parameter types and a result type', null],
    ['[:fn [int]]', '`:fn` takes a vector of parameter types and a result type', null],
    ['[:fn [& int string] bool]', '`&` stands before the last parameter type', 'write `[:fn [int & string] T]`'],
    ['[:array int 3]', 'the lengths of an array stand in a vector', null],
    ['[:array int [-1]]', 'this is not a length', null],
    ['[:resource]', '`:resource` takes one name, got nothing', null],
    ['[:and]', '`:and` takes a type and what narrows it, got nothing', null],
    ['[:and [:> 0]]', '`:and` starts with a type', 'any value that satisfies the predicates is `[:and any …]`'],
    ['[:and int [:> :a]]', '`:>` takes one number, string or timestamp', null],
    ['[:and int [:in-range 1]]', '`:in-range` takes two numbers, the least and the greatest that are allowed', null],
    ['[:and string [:min-length -1]]', '`:min-length` takes one integer that is not negative', null],
    ['[:and string [:matches-regex]]', '`:matches-regex` takes one string', null],
    ['[:and map [:required-keys :a]]', '`:required-keys` takes one vector of keys', null],
    ['[:and string [:non-empty 1]]', '`:non-empty` takes nothing after its name', null],
    ['[:and string [:is-phone]]', 'unknown predicate `:is-phone`', 'other conditions are for the program itself: test them where the value is used'],
    ['[:and string :is-uri]', 'unknown predicate `:is-uri`', 'did you mean `[:is-url …]`?'],
    ['[:and int [:min-lenght 2]]', 'unknown predicate `:min-lenght`', null],
    ['tuple', '`tuple` needs its parts', null],
    [':', '`:` is not a type', null],
    ['?', '`?` is not a type', null],
  ])('%s: %s', (text, message, help) => {
    const error = problem(text);
    expect([error.code, error.message]).toEqual(['E0221', message]);
    expect(error.help.length > 0 || error.expected !== undefined).toBe(true);
    if (help !== null) expect(error.help).toContain(help);
  });

  it('reports a regular expression that the engine at hand refuses', () => {
    const env: TypeEnv = { ...ENV, patternProblem: (pattern) => (pattern === '(' ? 'missing )' : null) };
    const wrong = parseType(formOf('[:and string [:matches-regex "("]]'), env);
    expect(wrong.ok ? null : [wrong.error.code, wrong.error.message]).toEqual(['E0221', 'malformed regular expression: missing )']);
    expect(parseType(formOf('[:and string [:matches-regex "a"]]'), env).ok).toBe(true);
  });

  it('suggests the predicate that is nearest first', () => {
    expect(problem('[:and int [:min-lenght 2]]').help[0]).toMatch(/^did you mean `\[:min-length …\]`/);
  });

  it('points at the part that is wrong', () => {
    const text = '[:map [:a int] [:b [:vector strin]]]';
    const { span } = problem(text);
    expect(text.slice(span!.start, span!.end)).toBe('strin');
  });
});

describe('an unknown name is E0222 and suggests what may be meant', () => {
  it.each([
    ['strng', 'did you mean `string`?'],
    [':strng', 'did you mean `string`?'],
    ['Strng', 'did you mean `string`?'],
    ['strng?', 'did you mean `string`?'],
    ['str', 'did you mean `string`?'],
    ['Double', 'did you mean `float`?'],
    ['null', 'did you mean `nil`?'],
    ['object', 'did you mean `map`?'],
    ['Chian', 'did you mean `Chain`?'],
    ['int??', 'did you mean `int`?'],
  ])('%s: %s', (text, help) => {
    const error = problem(text);
    expect(error.code).toBe('E0222');
    expect(error.message).toBe(`unknown type \`${text.replace(/^:/, '')}\``);
    expect(error.help).toEqual([help]);
  });

  it('lists the types when nothing is near', () => {
    expect(problem('Zyx').help[0]).toMatch(/^the types are any, never, nil, bool, int, .* and the names of structs$/);
  });
});

describe('hostile forms', () => {
  const span = { file: 'test', start: 0, end: 1 };

  it('nesting a million deep is refused', () => {
    let form: Form = { kind: 'symbol', name: 'int', span };
    for (let i = 0; i < 1_000_000; i++) form = { kind: 'vector', items: [{ kind: 'keyword', name: 'vector', span }, form], span };
    const result = parseType(form);
    expect(!result.ok && result.error.code === 'E0221' && result.error.message).toBe('this type is nested too deeply');
  });

  it('a type of a hundred thousand parts is refused, one of some thousands is not', () => {
    const keys = (count: number): string => Array.from({ length: count }, (_, i) => `[:k${i} int]`).join(' ');
    expect(problem(`[:map ${keys(100_000)}]`).message).toBe('this type is too large or nested too deeply');
    expect(fitsTypeLimits(typeOf(`[:map ${keys(5_000)}]`))).toBe(true);
  });

  it('a name of a million question marks is only unknown', () => {
    expect(parseType({ kind: 'symbol', name: `int${'?'.repeat(1_000_000)}`, span }).ok).toBe(false);
  });
});

describe('isTypeName', () => {
  it.each(['int', 'string?', 'Map', 'boolean', 'any', 'error', 'Chain', 'Chain?'])('%s is one', (name) => {
    expect(isTypeName(name, ENV)).toBe(true);
  });
  it.each(['ok', 'done', 'inte', '', '?', 'vector-of', 'union', '>'])('%s is none', (name) => {
    expect(isTypeName(name, ENV)).toBe(false);
  });
  it('knows no struct without an environment', () => {
    expect(isTypeName('Chain')).toBe(false);
  });
});

function declare(text: string): StructDeclaration {
  const form = formOf(text);
  if (form.kind !== 'list' || form.items[1]?.kind !== 'symbol') throw new Error(text);
  return { name: form.items[1].name, fields: form.items.slice(2), span: form.span };
}

function closed(...texts: string[]): Record<string, string> {
  const { types, diagnostics } = parseStructs(texts.map(declare), ENV);
  expect(diagnostics).toEqual([]);
  for (const type of types.values()) expect(viewType(type)).not.toBeNull();
  return Object.fromEntries([...types].map(([name, type]) => [name, show(type)]));
}

describe('structs', () => {
  it('are their fields in order, with their name', () => {
    expect(closed('(defstruct Point :x int :y float?)')).toEqual({ Point: '[:struct "Point" [:x :int] [:y [:optional :float]]]' });
  });

  it('may have no fields, and a colon before a type', () => {
    expect(closed('(defstruct Empty)', '(defstruct A :x : int :y :[:vector int])')).toEqual({
      Empty: '[:struct "Empty"]',
      A: '[:struct "A" [:x :int] [:y [:vector :int]]]',
    });
  });

  it('may mention themselves', () => {
    expect(closed('(defstruct Node :value int :next Node?)')).toEqual({ Node: '[:struct "Node" [:value :int] [:next [:optional [:struct-ref "Node"]]]]' });
  });

  it('may mention each other in any order; each then carries those it reaches, once', () => {
    const a = '[:struct "A" [:b [:optional [:struct-ref "B"]]]]';
    const b = '[:struct "B" [:a [:optional [:struct-ref "A"]]] [:c [:struct-ref "C"]]]';
    const c = '[:struct "C" [:n :int]]';
    expect(closed('(defstruct A :b B?)', '(defstruct B :a A? :c C)', '(defstruct C :n int)')).toEqual({
      A: `[:rec "A" ${a} ${b} ${c}]`,
      B: `[:rec "B" ${a} ${b} ${c}]`,
      C: c,
    });
  });

  it('take types from outside whole', () => {
    expect(closed('(defstruct Box :chain Chain)')).toEqual({ Box: `[:struct "Box" [:chain ${show(CHAIN)}]]` });
  });

  it('print as their names', () => {
    const type = parseStruct(declare('(defstruct A :a A? :x int)'), ENV);
    expect(type.ok && printType(type.value)).toBe('A');
  });

  it('stay small however they are entangled', () => {
    const names = Array.from({ length: 60 }, (_, i) => `S${i}`);
    const texts = names.map((name) => `(defstruct ${name} ${names.map((other) => `:${other} ${other}?`).join(' ')})`);
    const { types, diagnostics } = parseStructs(texts.map(declare), ENV);
    expect(diagnostics).toEqual([]);
    for (const type of types.values()) expect(viewType(type)).not.toBeNull();
  });

  it.each([
    ['(defstruct A x int)', 'E0221', 'a field of a struct is a keyword and a type'],
    ['(defstruct A :x)', 'E0221', 'the field `:x` has no type'],
    ['(defstruct A :x :)', 'E0221', 'the field `:x` has no type'],
    ['(defstruct A :x int :x int)', 'E0221', 'the field `:x` stands twice'],
    ['(defstruct A :x B)', 'E0222', 'unknown type `B`'],
    ['(defstruct A :x [:vector])', 'E0221', '`:vector` takes exactly one type, got nothing'],
  ])('%s: %s %s', (text, code, message) => {
    const result = parseStruct(declare(text), ENV);
    expect(result.ok ? null : [result.error.code, result.error.message]).toEqual([code, message]);
  });

  it('one that is wrong is reported once and counts as any for the others', () => {
    const { types, diagnostics } = parseStructs([declare('(defstruct A :x strin)'), declare('(defstruct B :a A)')], ENV);
    expect(diagnostics.map(({ code, message }) => `${code} ${message}`)).toEqual(['E0222 unknown type `strin`']);
    const value: Value = types.get('B')!;
    expect(viewType(value)).not.toBeNull();
  });
});
