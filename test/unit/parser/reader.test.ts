import { describe, expect, test, vi } from 'vitest';
import type { Form, SymbolForm } from '../../../src/parser/form.ts';
import { createCheckedParser } from '../../../src/parser/grammar.ts';
import { read } from '../../../src/parser/reader.ts';
import { show, shown } from './reader-support.ts';

describe('whitespace and comments', () => {
  test.each([
    ['', ''],
    [' \t\r\n , \u00a0\ufeff', ''],
    ['[1,2,,3]', '[1 2 3]'],
    ['a ; to the end\nb', 'a b'],
    ['a;glued\r\nb', 'a b'],
    ['a ; a lone carriage return ends the line too\rb', 'a b'],
    ['a #| block |# b', 'a b'],
    ['a #| outer #| inner |# outer |# b', 'a b'],
    ['a #|#|#||#|#|#b', 'a b'],
    ['a #|| two bars ||# b', 'a b'],
    ['a #| ; |# b', 'a b'],
    ['#!/usr/bin/env rtfs\na', 'a'],
    ['\ufeff#!/usr/bin/env rtfs\na', 'a'],
    ['\ufeffa', 'a'],
    ['a #_b c', 'a c'],
    ['a #_ (b [c]) d', 'a d'],
    ['#_ #_ a b c', 'c'],
    ["[#_'a b]", '[b]'],
    ['{:a #_ 1 2}', '{:a 2}'],
    ['[a #_b]', '[a]'],
    ['#_#_#_a b c', ''],
    ['"; #| not a comment"', '"; #| not a comment"'],
  ])('%j reads as %j', (text, forms) => {
    expect(shown(text)).toBe(forms);
  });
});

describe('numbers', () => {
  test.each([
    ['0 7 007 +5 -5', '0 7 7 5 -5'],
    ['-0', '0'],
    ['9007199254740991 -9007199254740991', '9007199254740991 -9007199254740991'],
    ['9007199254740992 -9007199254740992', '9007199254740992n -9007199254740992n'],
    ['123456789012345678901234567890', '123456789012345678901234567890n'],
    ['0x2A 0o17 0b101 -0x10 +0b1 0XfF', '42 15 5 -16 1 255'],
    ['0xFFFFFFFFFFFFFFFFFFFF', '1208925819614629174706175n'],
    ['1.5 -1.25 1.0 -0.0 0.0', 'f1.5 f-1.25 f1 f-0 f0'],
    ['1e10 1E3 1.5e-3 2e+2', 'f10000000000 f1000 f0.0015 f200'],
    ['##Inf ##-Inf ##NaN', 'fInfinity f-Infinity fNaN'],
    ['1(2)3', '1 (2) 3'],
    ['1"a"', '1 "a"'],
  ])('%s', (text, forms) => {
    expect(shown(text)).toBe(forms);
  });

  test('an integer of a hundred thousand digits is read exactly', () => {
    const text = `${'1234567890'.repeat(10_000)}`;
    const [form] = read(text, 'test').forms;
    expect((form as { value: bigint }).value.toString()).toBe(text);
  });
});

describe('words', () => {
  test.each([
    ['true false nil', 'true false nil'],
    ['truely falsey nilly true? nil-', 'truely falsey nilly true? nil-'],
    ['[true]', '[true]'],
    ['+ - * / < <= = >= > -> ->> ! ? _ $x %x & .', '+ - * / < <= = >= > -> ->> ! ? _ $x %x & .'],
    ['a.b.c a/b a.b/c a/b/c x# -x +x a-1 a@b λ été x′ 变量', 'a.b.c a/b a.b/c a/b/c x# -x +x a-1 a@b λ été x′ 变量'],
    ["x' x'y", "x' x'y"],
    ['.m (.m x a) Exception.', '.m (.m x a) Exception.'],
    ['com.acme:v1.0/f com.acme:2/f resource:ref', 'com.acme:v1.0/f com.acme:2/f resource:ref'],
    ['% %1 %2 %&', '% %1 %2 %&'],
    [':a :a-b :a? :a! :a.b :a/b :ns.x/y :com.acme:v1.0/f :com.acme:latest/f', ':a :a-b :a? :a! :a.b :a/b :ns.x/y :com.acme:v1.0/f :com.acme:latest/f'],
    [':+ :*x* :$g :_p :1 :/ :- :<= :true', ':+ :*x* :$g :_p :1 :/ :- :<= :true'],
    ['< <= <a <a> <> <a/b c>', '< <= <a <a> <> <a/b c>'],
    ['<trip/destination> <a/b-c/d?>', '(ctx-ref "trip/destination") (ctx-ref "a/b-c/d?")'],
  ])('%s', (text, forms) => {
    expect(shown(text)).toBe(forms);
  });

  test('a colon glued to a name makes a symbol and a keyword that touch', () => {
    const { forms } = read('x:int y : int z :int', 'test');
    expect(forms.map(show).join(' ')).toBe('x :int y : :int z :int'.replace(': :int', ': int'));
    expect(forms[0]!.span.end).toBe(forms[1]!.span.start);
    expect(forms[5]!.span.end).toBeLessThan(forms[6]!.span.start);
  });

  test.each([
    ['[x:int y]', '[x :int y]'],
    ['x:[:vector int]', 'x : [:vector int]'],
    ['x:{:a 1}', 'x : {:a 1}'],
    ['[x: int]', '[x : int]'],
    ['x:string? _:any .m:T', 'x :string? _ :any .m :T'],
    ['x:my/T', 'x :my/T'],
    ['%:int', '% :int'],
    [':[a]', ': [a]'],
    [':{}', ': {}'],
  ])('annotation %s', (text, forms) => {
    expect(shown(text)).toBe(forms);
  });
});

describe('strings', () => {
  test.each([
    ['""', ''],
    ['"a\\n\\t\\r\\b\\f\\\\\\"z"', 'a\n\t\r\b\f\\"z'],
    ['"\\u0041\\u00e9"', 'Aé'],
    ['"\\u{41}\\u{1F600}\\u{10FFFF}"', 'A\u{1F600}\u{10ffff}'],
    ['"\\uD83D\\uDE00"', '\u{1F600}'],
    ['"\\ud800"', '\ud800'],
    ['"two\nlines"', 'two\nlines'],
    ['"two\r\nlines\rthree"', 'two\nlines\nthree'],
    ['"a\\r\\nb"', 'a\r\nb'],
    ['"; #| \\"(\\""', '; #| "("'],
    ['"\u{1F600} \u202e"', '\u{1F600} \u202e'],
    ['"\\\\"', '\\'],
  ])('%j', (text, value) => {
    const { forms, diagnostics } = read(text, 'test');
    expect(diagnostics).toEqual([]);
    expect(forms.map((form) => (form as { value: unknown }).value)).toEqual([value]);
  });
});

describe('tagged values', () => {
  // 2024-05-01 is day 19844 since 1970: 54 years with 13 leap days are 19723 days, and 121 days before May.
  test.each([
    ['1970-01-01T00:00:00Z', 't0'],
    ['2024-05-01T00:00:00Z', `t${19844 * 86_400_000}`],
    ['2024-05-01T10:20:30.123Z 2024-05-01T10:20:30_123Z', `t${19844 * 86_400_000 + 37_230_123} t${19844 * 86_400_000 + 37_230_123}`],
    ['2024-02-29T00:00:00Z', `t${(19723 + 59) * 86_400_000}`],
    ['123E4567-e89b-12d3-a456-426614174000', 'u123e4567-e89b-12d3-a456-426614174000'],
    ['deadbeef-dead-beef-dead-beefdeadbeef', 'udeadbeef-dead-beef-dead-beefdeadbeef'],
    ['[resource://a/b?c=d#e]', '[rresource://a/b?c=d#e]'],
    ['{:r resource://x,:s 1}', '{:r rresource://x :s 1}'],
  ])('%s', (text, forms) => {
    expect(shown(text)).toBe(forms);
  });
});

describe('collections and shorthands', () => {
  test.each([
    ['() [] {} #{}', '() [] {} #{}'],
    ['{nil 1 true 2 1.5 3 [a] 4 (b) 5}', '{nil 1 true 2 f1.5 3 [a] 4 (b) 5}'],
    ['#{1 :a "a" nil}', '#{1 :a "a" nil}'],
    ["'x '(a b) ''x", '(quote x) (quote (a b)) (quote (quote x))'],
    ['`(a ~b ~@c ~ d)', '(quasiquote (a (unquote b) (unquote-splicing c) (unquote d)))'],
    ["`'~x", '(quasiquote (quote (unquote x)))'],
    ['@x @a/b @:x @ y', '(context-ref "x") (context-ref "a/b") x (context-ref "y")'],
    ['#(+ 1 2)', '(fn [] (+ 1 2))'],
    ['#(f %)', '(fn [%1] (f %1))'],
    ['#(f %2)', '(fn [%1 %2] (f %2))'],
    ['#(f % %1 [%3 {:k %&}])', '(fn [%1 %2 %3 & %&] (f %1 %1 [%3 {:k %&}]))'],
    ['#(apply f %&)', '(fn [& %&] (apply f %&))'],
    ['#(f #_%2 %)', '(fn [%1] (f %1))'],
    ['#()', '(fn [] ())'],
    ['[#(f %) %]', '[(fn [%1] (f %1)) %]'],
    ['(map #(* % %) xs)', '(map (fn [%1] (* %1 %1)) xs)'],
    ["'#(f %)", '(quote (fn [%1] (f %1)))'],
  ])('%s', (text, forms) => {
    expect(shown(text)).toBe(forms);
  });
});

describe('metadata', () => {
  test.each([
    ['^{:a 1} x', '^{:a 1} x'],
    ['^{:a 1} (f x)', '^{:a 1} (f x)'],
    ['(f ^{:a 1} [x] ^{} {} ^{:b 2} #{})', '(f ^{:a 1} [x] ^{} {} ^{:b 2} #{})'],
    ['(def ^:private x 1)', '(def ^{:private true} x 1)'],
    ['(defn ^:a ^:b f [])', '(defn ^{:a true :b true} f [])'],
    ['(defn ^{:a 1} ^{:a 2 :b 3} f [])', '(defn ^{:a 1 :b 3} f [])'],
    ['(defmacro ^:m m [])', '(defmacro ^{:m true} m [])'],
    ['(fn ^:a f [])', '(fn ^{:a true} f [])'],
    ['(fn ^:a [x] x)', '(fn ^{:a true} [x] x)'],
    ['^{:a 1} 5 ^{:a 1} :k ^{:a 1} "s"', '5 :k "s"'],
    ["^{:a 1} 'x", '^{:a 1} (quote x)'],
    ['^{:a 1} #_skipped x', '^{:a 1} x'],
    ['#_^{:a 1} x y', 'y'],
  ])('%s', (text, forms) => {
    expect(shown(text)).toBe(forms);
  });
});

describe('spans', () => {
  /** The text of every piece, depth first. */
  function pieces(text: string): string[] {
    const { forms } = read(text, 'the-file');
    const found: string[] = [];
    const visit = (form: Form): void => {
      expect(form.span.file).toBe('the-file');
      found.push(text.slice(form.span.start, form.span.end));
      if ('items' in form) form.items.forEach(visit);
    };
    forms.forEach(visit);
    return found;
  }

  test.each([
    ['(+ 1 [a "b"])', ['(+ 1 [a "b"])', '+', '1', '[a "b"]', 'a', '"b"']],
    [" 'x ", ["'x", "'", 'x']],
    ['~@ x', ['~@ x', '~@', 'x']],
    ['@ab', ['@ab', '@', 'ab']],
    ['@:ab', ['@:ab']],
    ['<a/b>', ['<a/b>', '<', '<a/b>']],
    ['#(f %)', ['#(f %)', '#(', '#(', '#(', '(f %)', 'f', '%']],
    ['x:int', ['x', ':int']],
    ['#{1}', ['#{1}', '1']],
    ['^{:a 1} b', ['b']],
  ])('%s', (text, expected) => {
    expect(pieces(text)).toEqual(expected);
  });
});

describe('names that mean something to JavaScript are ordinary names', () => {
  const names = ['__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty', 'valueOf', '__defineGetter__', 'undefined', 'NaN', 'Infinity', 'null'];
  test.each(names)('%s', (name) => {
    expect(shown(`${name} :${name} {:${name} 1 "${name}" 2} #{${name}} @${name} ${name}/x ${name}:${name}`)).toBe(
      `${name} :${name} {:${name} 1 "${name}" 2} #{${name}} (context-ref "${name}") ${name}/x ${name} :${name}`,
    );
  });
});

describe('depth', () => {
  const DEPTH = 1_000_000;

  test.each([
    ['lists', '(', ')'],
    ['maps', '{1 ', '}'],
    ['sets', '#{', '}'],
  ])('%s nested a million times', (_, open, close) => {
    const { forms, diagnostics } = read(open.repeat(DEPTH) + (open === '{1 ' ? '2' : '') + close.repeat(DEPTH), 'test');
    expect(diagnostics).toEqual([]);
    let depth = 0;
    for (let form: Form | undefined = forms[0]; form !== undefined && 'items' in form; form = form.items.at(-1)) depth++;
    expect(depth).toBe(DEPTH);
  });

  test('a million shorthands before one form', () => {
    const { forms, diagnostics } = read(`${"'".repeat(DEPTH)}x`, 'test');
    expect(diagnostics).toEqual([]);
    let depth = 0;
    for (let form: Form | undefined = forms[0]; form !== undefined && 'items' in form; form = form.items[1]) depth++;
    expect(depth).toBe(DEPTH);
  });

  test('a long chain of metadata is merged once, not again at every step', () => {
    const count = 100_000;
    const text = Array.from({ length: count }, (_, i) => `^{:k${i} ${i}}`).join(' ');
    const { forms, diagnostics } = read(`${text} x`, 'test');
    expect(diagnostics).toEqual([]);
    expect((forms[0] as SymbolForm).meta!.items.length).toBe(2 * count);
  });
});

describe('the grammar', () => {
  test("passes chevrotain's own examination, and its lexer is the fast one", () => {
    const printed = vi.spyOn(console, 'error').mockImplementation(() => undefined);
    const warned = vi.spyOn(console, 'warn').mockImplementation(() => undefined);
    expect(() => createCheckedParser()).not.toThrow();
    expect(printed).not.toHaveBeenCalled();
    expect(warned).not.toHaveBeenCalled();
    vi.restoreAllMocks();
  });
});

describe('incomplete text, as a prompt sees it', () => {
  test.each(['(', '(a [b', '"abc', '(f "a', '#| x', "'", '(defn f []\n(g)', '{:a', '#_', '^{:a 1}'])('%j could still become whole', (text) => {
    expect(read(text, 'test').incomplete).toBe(true);
  });
  test.each(['', 'a', '(a)', '(a]', 'a)', '([)', '1abc'])('%j could not, or is', (text) => {
    expect(read(text, 'test').incomplete).toBe(false);
  });
});

describe('definitions that are not at the top', () => {
  test.each(['(do (def a 1))', '#(def a %)', '[(defn f [])]', "'(defonce a 1)", '#_x (f {:k (defstruct s)})', '(f (^{:a 1} def a 1))', '(a (defn- f [] 1)'])('%j may have one', (text) => {
    expect(read(text, 'test').definesInside).toBe(true);
  });
  test.each(['', '(def a 1)', '(defn f [x] (g x)) (f 1)', '(f def)', '(f (def))', '(f (def 1))', '(f [def a])', '(f (define a 1))'])('%j has none', (text) => {
    expect(read(text, 'test').definesInside).toBe(false);
  });
});

describe('a text that is longer than what is read at once', () => {
  const ITEMS = ['(f "a \\" b" :k 1)', '[x ; (not this)\n y]', '"a string"', '#| a #| nested |# comment |# z', "'q", '(#!no)', 'x\n#!y', '#_ gone here', '{:a #{1 2}}'];
  const LONG = 40_000;

  test('every form is where it was written', () => {
    const text = Array.from({ length: 9000 }, (_, i) => ITEMS[(5 * i + (i >> 4)) % ITEMS.length]!).join(' ');
    const { forms, diagnostics } = read(text, 'f');
    const lonely = forms.map(({ span }) => show(read(text.slice(span.start, span.end), 'f').forms[0]!));
    expect(forms.map(show)).toEqual(lonely);
    expect(new Set(diagnostics.map(({ code, span }) => `${code} ${text.slice(span!.start, span!.end)}`))).toEqual(new Set(['E0114 #!y', 'E0114 #!no']));
  });

  test.each([
    ['a string', `"${'s '.repeat(LONG)}"`],
    ['a comment', `#|${'c '.repeat(LONG)}|#`],
    ['a comment of one line', `;${'c '.repeat(LONG)}\n`],
    ['a word', 'w'.repeat(LONG)],
    ['nothing but blanks', ' '.repeat(LONG)],
  ])('%s may be of any length', (_, long) => {
    const { forms, diagnostics } = read(`(a ${long} b) c ${long} d`, 'f');
    expect(diagnostics).toEqual([]);
    expect(forms.length).toBe(long.startsWith('"') || long.startsWith('w') ? 4 : 3);
    expect(forms.at(-1)).toMatchObject({ kind: 'symbol', name: 'd' });
  });

  test('what is left open at its end is seen', () => {
    const text = '(a b) '.repeat(9000);
    expect(read(text, 'f').incomplete).toBe(false);
    for (const open of ['(', '"s', '#| c', "'"]) expect(read(text + open, 'f').incomplete).toBe(true);
  });
});
