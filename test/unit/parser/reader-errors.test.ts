import { describe, expect, test } from 'vitest';
import { read } from '../../../src/parser/reader.ts';
import { mistakes, show } from './reader-support.ts';

describe('words that mean nothing are one mistake each, over the whole word', () => {
  test.each([
    ['10N', 'E0107 10N'],
    ['1.5M', 'E0107 1.5M'],
    ['1/2', 'E0107 1/2'],
    ['1.', 'E0107 1.'],
    ['.5', 'E0107 .5'],
    ['-.5', 'E0107 -.5'],
    ['1abc', 'E0107 1abc'],
    ['-1abc', 'E0107 -1abc'],
    ['1e', 'E0107 1e'],
    ['1e+', 'E0107 1e+'],
    ['1.5.2', 'E0107 1.5.2'],
    ['1_000', 'E0107 1_000'],
    ['0x', 'E0107 0x'],
    ['0xG', 'E0107 0xG'],
    ['0b102', 'E0107 0b102'],
    ['0o8', 'E0107 0o8'],
    ['2r101', 'E0107 2r101'],
    ['1e400', 'E0107 1e400'],
    ['-1e400', 'E0107 -1e400'],
    ['1:int', 'E0107 1:int'],
    ['1%', 'E0107 1%'],
    ['::x', 'E0108 ::x'],
    ['::', 'E0108 ::'],
    [':a:b', 'E0108 :a:b'],
    [':a:', 'E0108 :a:'],
    [':a/', 'E0108 :a/'],
    [':/a', 'E0108 :/a'],
    [':a//b', 'E0108 :a//b'],
    ['x::int', 'E0108 ::int'],
    ['x:a:b', 'E0108 :a:b'],
    ['a/', 'E0119 a/'],
    ['/a', 'E0119 /a'],
    ['a//b', 'E0119 a//b'],
    ['//', 'E0119 //'],
    ['true:int', 'E0119 true:int'],
    ['http://example.com/x', 'E0119 http://example.com/x'],
    ['resource://', 'E0119 resource://'],
    ['2024-05-01', 'E0116 2024-05-01'],
    ['2024-05-01T10:00:00', 'E0116 2024-05-01T10:00:00'],
    ['2024-05-01T10:00Z', 'E0116 2024-05-01T10:00Z'],
    ['2024-05-01T10:00:00+02:00', 'E0116 2024-05-01T10:00:00+02:00'],
    ['2024-05-01T10:00:00.5Z', 'E0116 2024-05-01T10:00:00.5Z'],
    ['2023-02-29T00:00:00Z', 'E0116 2023-02-29T00:00:00Z'],
    ['2024-13-01T00:00:00Z', 'E0116 2024-13-01T00:00:00Z'],
    ['2024-05-01T24:00:00Z', 'E0116 2024-05-01T24:00:00Z'],
    ['2024-05-01T23:59:60Z', 'E0116 2024-05-01T23:59:60Z'],
    ['##Infinity', 'E0114 ##Infinity'],
    ['##', 'E0114 ##'],
  ])('%s', (text, mistake) => {
    expect(mistakes(text)).toEqual([mistake]);
    expect(mistakes(`(f [${text} {:k ${text}}])`)).toEqual([mistake, mistake]);
  });
});

describe('characters that belong to no word', () => {
  test.each([
    ['|', 'E0101 |'],
    ['a|b', 'E0101 |'],
    ['a |# b', 'E0101 |'],
    ['\u0000', 'E0101 \u0000'],
    ['a\u200bb', 'E0101 \u200b'],
    ['a\u202eb', 'E0101 \u202e'],
    ['\ue000', 'E0101 \ue000'],
    ['\u201chello\u201d', 'E0101 \u201c'],
    ['（f x)', 'E0101 （'],
  ])('%j', (text, mistake) => {
    expect(mistakes(text)[0]).toBe(mistake);
  });

  test('typographic quotes are told what to write instead', () => {
    expect(read('\u201ca\u201d', 'test').diagnostics[0]!.help.join()).toContain('straight double quotes');
  });

  test('half of a surrogate pair means that the text is not Unicode', () => {
    expect(mistakes('(f "\ud800")')).toEqual(['E0118 \ud800']);
    expect(mistakes('(f "\u{1F600}")')).toEqual([]);
  });
});

describe('strings', () => {
  test.each([
    ['"\\q"', ['E0106 \\q']],
    ['"\\0"', ['E0106 \\0']],
    ['"\\x41"', ['E0106 \\x']],
    ['"a\\d+\\s"', ['E0106 \\d', 'E0106 \\s']],
    ['"\\u12"', ['E0106 \\u']],
    ['"\\u12G4"', ['E0106 \\u']],
    ['"\\u{}"', ['E0106 \\u{']],
    ['"\\u{1234567}"', ['E0106 \\u{']],
    ['"\\u{110000}"', ['E0106 \\u{110000}']],
    ['"\\u{"', ['E0106 \\u{']],
    ['"\\\n"', ['E0106 \\\n']],
    ['"\\\u{1F600}"', ['E0106 \\\u{1F600}']],
  ])('%j', (text, expected) => {
    expect(mistakes(text)).toEqual(expected);
  });
});

describe('notations of other Lisps are named, with what to write instead', () => {
  test.each([
    ['\\a', 'E0114 \\a', '"a"'],
    ['\\newline', 'E0114 \\newline', '"\\n"'],
    ['\\(', 'E0114 \\(', '"("'],
    ['\\"', 'E0114 \\"', '"\\""'],
    ['\\u0041', 'E0114 \\u0041', '"\\u0041"'],
    ['#"a+\\d\\""', 'E0114 #"a+\\d\\""', '`"a+\\\\d\\""`'],
    ['#"\\\\."', 'E0114 #"\\\\."', '`"\\\\\\\\."`'],
    ['#inst "2024-05-01"', 'E0114 #inst', '2024-05-01T10:00:00Z'],
    ['#uuid "x"', 'E0114 #uuid', 'without quotes'],
    ["#'f", "E0114 #'", 'no vars'],
    ['#?(:clj 1)', 'E0114 #?', 'reader conditionals'],
    ['#foo 1', 'E0114 #foo', 'After `#`'],
    ['# x', 'E0114 #', 'After `#`'],
    ['a\n#!/bin/sh', 'E0114 #!/bin/sh', 'After `#`'],
  ])('%s', (text, mistake, help) => {
    const { diagnostics } = read(text, 'test');
    expect(diagnostics.map(({ code, span }) => `${code} ${text.slice(span!.start, span!.end)}`)).toEqual([mistake]);
    expect(diagnostics[0]!.help.join()).toContain(help);
  });

  test('what follows a dispatch that does not exist is read for itself', () => {
    expect(read("(f #'g #inst \"t\")", 'test').forms.map(show)).toEqual(['(f g "t")']);
  });
});

describe('maps and sets', () => {
  test.each([
    ['{:a}', ['E0109 {:a}']],
    ['{:a 1 :b}', ['E0109 {:a 1 :b}']],
    ['{:a 1 :a 2}', ['E0110 :a']],
    ['{:a 1 :b 2 :a 3 :a 4}', ['E0110 :a', 'E0110 :a']],
    ['{"a" 1 :a 2 "a" 3}', ['E0110 "a"']],
    ['{1 1 1.0 2 "1" 3 :1 4}', []],
    ['{1 1 0x1 2}', ['E0110 0x1']],
    ['{0.0 1 -0.0 2}', ['E0110 -0.0']],
    ['{12345678901234567890 1 12345678901234567890 2}', ['E0110 12345678901234567890']],
    ['{nil 1 nil 2 true 3 true 4}', ['E0110 nil', 'E0110 true']],
    ['{a 1 a 2}', []],
    ['#{1 1}', ['E0110 1']],
    ['#{:a :b :a}', ['E0110 :a']],
    ['#{:a "a" a :b}', []],
    ['{:a 1 :b {:a 2}}', []],
    ['{:a :a :b :a}', []],
    ['{[1] 1 [1] 2}', ['E0110 [1]']],
    ['{[1] 1 [1.0] 2 [1 1] 3 #{1} 4 {1 1} 5 "1" 6}', []],
    ['{{:a 1 :b 2} 1 {:b 2 :a 1} 2}', ['E0110 {:b 2 :a 1}']],
    ['#{#{1 2} #{2 1}}', ['E0110 #{2 1}']],
    ['{[[] {:a #{[]}}] 1 [[] {:a #{[]}}] 2}', ['E0110 [[] {:a #{[]}}]']],
    ['{[x] 1 [x] 2 [(f)] 3 [(f)] 4}', []],
    ['#{(f) (f) x x}', []],
    ['{:__proto__ 1 :constructor 2 "__proto__" 3 :__proto__ 4}', ['E0110 :__proto__']],
    ['{1970-01-01T00:00:00Z 1 1970-01-01T00:00:00.000Z 2}', ['E0110 1970-01-01T00:00:00.000Z']],
    ['{1x 1 2y 2}', ['E0107 1x', 'E0107 2y']],
    ['{:a 1x}', ['E0107 1x']],
  ])('%s', (text, expected) => {
    expect(mistakes(text)).toEqual(expected);
  });

  test('a repeated key shows where it was first', () => {
    const [found] = read('{:a 1 :a 2}', 'test').diagnostics;
    expect(found!.related.map(({ span }) => span.start)).toEqual([1]);
  });

  test('keys repeated in a large map are found, each once', () => {
    const keys = Array.from({ length: 50_000 }, (_, i) => `:k${i} 0`).join(' ');
    expect(mistakes(`{${keys} :k49999 1}`)).toEqual(['E0110 :k49999']);
  });

  test('keys within keys within keys cost no more than their text', () => {
    const depth = 20_000;
    const text = `${'{['.repeat(depth)}1${'] 1 [2] 2}'.repeat(depth)}`;
    expect(mistakes(text)).toEqual([]);
    expect(mistakes(`{${text} 1 ${text} 2}`)).toEqual([`E0110 ${text}`]);
  });

  test('a colon after the key, as in JSON, is said to be the reason', () => {
    expect(read('{"a": 1}', 'test').diagnostics[0]!.help.join()).toContain('no colon');
  });
});

describe('shorthands', () => {
  test.each([
    ["(f ')", ["E0112 '"]],
    ["'", ["E0112 '"]],
    ['(a #_)', ['E0112 #_']],
    ['#_ #_ a', ['E0112 #_']],
    ["[`~]", ['E0112 `', 'E0112 ~']],
    ['(f @)', ['E0112 @']],
    ['(f ^{:a 1})', ['E0112 ^']],
    ['(f ^)', ['E0112 ^']],
    ["(f ' #_ x)", ["E0112 '"]],
    ['@(f x)', ['E0114 @']],
    ['@"a"', ['E0114 @']],
    ['@1', ['E0114 @']],
    ['#(f #(g %))', ['E0111 #(']],
    ['#(f [#(g %)] #(h))', ['E0111 #(', 'E0111 #(']],
    ['#(f %21)', ['E0119 %21']],
    ['#(f %20)', []],
  ])('%s', (text, expected) => {
    expect(mistakes(text)).toEqual(expected);
  });
});

describe('metadata', () => {
  test.each([
    ['^:a x', ['E0115 ^']],
    ['(f ^:a x)', ['E0115 ^']],
    ['(let [^:a x 1] x)', ['E0115 ^']],
    ['(defn f ^:a [x] x)', ['E0115 ^']],
    ['(defn f [^:a x] x)', ['E0115 ^']],
    ['^{:a 1} 5', []],
    ['^:a 5', ['E0115 ^']],
    ['^String x', ['E0115 ^']],
    ['^"x" y', ['E0115 ^']],
    ['^1 y', ['E0115 ^']],
    ['(def ^: x 1)', ['E0115 ^']],
    ['^{:a} x', ['E0109 {:a}']],
    ['^{:a 1 :a 2} x', ['E0110 :a']],
  ])('%s', (text, expected) => {
    expect(mistakes(text)).toEqual(expected);
  });
});

describe('unclosed strings and comments', () => {
  test.each([
    ['"abc', ['E0105 "abc']],
    ['(f "abc', ['E0105 "abc']],
    ['(f (g "abc)\n  (h))', ['E0105 "abc)']],
    ['(def a "x)\n(def b "y")\n(def c "z")', ['E0105 "x)']],
    ['(def a x")\n(def b "y")', ['E0105 ")']],
    ['(def a "fine\n(text)")\n(def b "open', ['E0105 "open']],
    ['#"abc', ['E0105 #"abc']],
    ['(f #| abc)', ['E0113 #|']],
    ['#| #| |#', ['E0113 #|']],
  ])('%j', (text, expected) => {
    expect(mistakes(text)).toEqual(expected);
  });

  test('what comes after the line of an unclosed string is read as it was meant', () => {
    const { forms } = read('(def a "x)\n(def b "y")\n(def c 1)', 'test');
    expect(forms.slice(1).map(show)).toEqual(['(def b "y")', '(def c 1)']);
  });
});

describe('everything that is wrong is said at once, in the order of the text', () => {
  test('mistakes of many kinds', () => {
    const text = '(f 1x {:a 1 :a 2})\n(g "\\q" ::k)\n[h ^:m x]\n{:odd}\n(i';
    expect(mistakes(text)).toEqual(['E0107 1x', 'E0110 :a', 'E0106 \\q', 'E0108 ::k', 'E0115 ^', 'E0109 {:odd}', 'E0102 (']);
  });

  test('a flood of mistakes is cut off', () => {
    const { diagnostics } = read('1x '.repeat(5000), 'test');
    expect(diagnostics.length).toBe(1000);
  });
});

describe('size', () => {
  test('a text beyond the limit is refused, one at the limit is read', () => {
    expect(read('a'.repeat(11), 'test', { lengthMax: 10 }).diagnostics.map(({ code }) => code)).toEqual(['E0117']);
    expect(read('a'.repeat(10), 'test', { lengthMax: 10 }).diagnostics).toEqual([]);
  });

  test('a text of nothing but brackets is refused before it can fill the memory', () => {
    const { forms, diagnostics } = read('('.repeat(3_200_000), 'test');
    expect([forms.length, ...diagnostics.map(({ code }) => code)]).toEqual([0, 'E0117']);
  });

  test('a number with more digits than are ever read is a mistake, not a delay', () => {
    expect(read('9'.repeat(1_000_001), 'test').diagnostics.map(({ code }) => code)).toEqual(['E0107']);
  });
});
