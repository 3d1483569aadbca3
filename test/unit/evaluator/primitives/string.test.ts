import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fuelLeft } from '../../../../src/evaluator/limits.ts';
import { printValue } from '../../../../src/value/print.ts';
import { Vector } from '../../../../src/value/vector.ts';
import { call, meterOf, raised, rows } from './scalar-harness.ts';

describe('lengths and parts', () => {
  rows([
    ['(string-length "")', '0'],
    ['(string-length "ab")', '2'],
    ['(string-length "👩‍👩‍👧")', '5'],
    ['(string-length 5)', '! type Type error in string-length: expected string, got integer'],
    ['(substring "hello" 0)', '"hello"'],
    ['(substring "hello" 5)', '""'],
    ['(substring "hello" 2 2)', '""'],
    ['(substring "hello" 5 5)', '""'],
    ['(substring "hello" 6)', '! index Index out of bounds: index 6 is not in range [0, 5)'],
    ['(substring "hello" -1 3)', '! index Index out of bounds: index -1 is not in range [0, 5)'],
    ['(substring "hello" 3 1)', '! index Index out of bounds: index 3 is not in range [0, 1)'],
    ['(substring "a😀" 0 3)', '! index Index out of bounds: index 3 is not in range [0, 2)'],
    ['(substring "hello" 1.0 2)', '! type Type error in substring: expected integer, got float'],
    ['(subs "hello" 1 2)', '"e"'],
    ['(char-code "ab" -1)', '! index'],
    ['(char-code 65)', '! type'],
    ['(from-char-code 1114111)', '"\u{10ffff}"'],
    ['(from-char-code 1114112)', '! argument'],
    ['(from-char-code 57343)', '! argument'],
    ['(from-char-code "65")', '! type'],
  ]);
});

describe('edges and letters', () => {
  rows([
    ['(trim "\\u00a0\\u2003 a\\t\\u3000")', '"a"'],
    ['(trim "")', '""'],
    ['(trim " \\n ")', '""'],
    ['(trim-left " a ")', '"a "'],
    ['(trim-right " a ")', '" a"'],
    ['(blank? "")', 'true'],
    ['(blank? "\\u2028")', 'true'],
    ['(blank? "\\u200b")', 'false'],
    ['(pad-left "😀" 3 "-")', '"--😀"'],
    ['(pad-left "abc" 5 "😀x")', '"😀xabc"'],
    ['(pad-left "abc" 4 "😀x")', '"😀abc"'],
    ['(pad-right "abc" 0)', '"abc"'],
    ['(pad-right "abc" 5 "xyz")', '"abcxy"'],
    ['(pad-left "a" 5 1)', '! type'],
    ['(pad-left "a" 1.5)', '! type'],
    ['(upper "ab")', '"AB"'],
    ['(string-lower "AB")', '"ab"'],
    ['(capitalize "éCOLE")', '"École"'],
    ['(string-reverse "")', '""'],
    ['(repeat-string "" 1000000000000000)', '""'],
    ['(repeat-string "a" nil)', '! type'],
  ]);
});

describe('text from values', () => {
  rows([
    ['(str "a" "b" "c")', '"abc"'],
    ['(str 1.5 true \'x)', '"1.5truex"'],
    ['(str +)', '"#<fn +>"'],
    ['(str ["a\\"b"])', '"[\\"a\\\\\\"b\\"]"'],
    ['(pr-str [1 "a"] :k nil)', '"[1 \\"a\\"] :k nil"'],
    ['(join "," [])', '""'],
    ['(join "," [nil])', '"nil"'],
    ['(join ", " {:b 1 :a 2})', '"[:a 2], [:b 1]"'],
    ['(join #{2 1})', '"12"'],
    ["(string-join \"-\" '(1 2))", '"1-2"'],
    ['(join ["a"] ["b"])', '! type Type error in join: expected string, got vector'],
    ['(join "," 5)', '! type Type error in join'],
  ]);
});

describe('looking for text', () => {
  rows([
    ['(string-contains "abc" "bc")', 'true'],
    ['(string-contains? "abc" "cb")', 'false'],
    ['(string-contains? "abc" 1)', '! type'],
    ['(starts-with? nil nil)', 'false'],
    ['(starts-with? 1 "1")', '! type'],
    ['(ends-with? "abc" "")', 'true'],
    ['(index-of "abcabc" "c" 3)', '5'],
    ['(index-of "abc" "a" -5)', '0'],
    ['(index-of "abc" "" 9)', '3'],
    ['(index-of "😀😀x" "x" 1)', '2'],
    ['(last-index-of "abcabc" "a" 2)', '0'],
    ['(last-index-of "abc" "c" 1)', 'nil'],
    ['(last-index-of "abc" "a" -1)', 'nil'],
    ['(last-index-of "😀x😀x" "x")', '3'],
    ['(split "" ",")', '[""]'],
    ['(split "" "")', '[""]'],
    ['(split "," ",")', '["" ""]'],
    ['(split "a😀" "")', '["a" "😀"]'],
    ['(split "abc" "" 2)', '["a" "bc"]'],
    ['(split "abc" "" 9)', '["a" "b" "c"]'],
    ['(split "a,b,c" "," 1)', '["a,b,c"]'],
    ['(split "a,b,c" "," -1)', '["a" "b" "c"]'],
    ['(split "a--b" "--")', '["a" "b"]'],
    ['(split 5 ",")', '! type'],
    ['(split-lines "\\n\\na")', '["" "" "a"]'],
    ['(split-lines "\\n")', '[""]'],
    ['(split-lines "a\\rb")', '["a\\rb"]'],
    ['(replace "abc" "" "-")', '"-a-b-c-"'],
    ['(replace "" "" "x")', '"x"'],
    ['(replace "aXbX" "X" "")', '"ab"'],
    ['(replace "a$&b" "$&" "$1")', '"a$1b"'],
    ['(replace-first "abc" "" "-")', '"-abc"'],
    ['(replace "a" "a" nil)', '! type'],
  ]);

  it('never cuts a pair of surrogates in two', () => {
    const low = '\ude00'; // the second half of 😀
    expect(call('string-contains?', ['😀', low])).toBe(false);
    expect(call('ends-with?', ['😀', low])).toBe(false);
    expect(call('starts-with?', ['😀', '\ud83d'])).toBe(false);
    expect(call('replace', [`😀${low}`, low, 'x'])).toBe('😀x');
    expect(call('index-of', [`😀${low}`, low])).toBe(1);
    expect(call('last-index-of', [`${low}😀`, low])).toBe(0);
  });
});

/** Texts with pairs, halves of pairs and letters that repeat. */
const text = fc.oneof(
  fc.string({ unit: fc.constantFrom('a', 'b', '😀', '𝄞', '\ud83d', '\ude00', ' ', '\n', ',') }),
  fc.string({ unit: 'binary' }),
);

describe('text is a sequence of code points', () => {
  it('in its length and its reversal', () => {
    fc.assert(
      fc.property(text, (t) => {
        expect(call('string-length', [t])).toBe(Array.from(t).length);
        expect(call('string-reverse', [t])).toBe(Array.from(t).reverse().join(''));
      }),
    );
  });

  it('in its parts', () => {
    fc.assert(
      fc.property(text, fc.nat(30), fc.nat(30), (t, a, b) => {
        const points = Array.from(t);
        const [start, end] = [Math.min(a, b), Math.max(a, b)];
        const part = points.slice(start, end).join('');
        const inside = end <= points.length;
        expect(inside ? call('substring', [t, start, end]) : raised(() => call('substring', [t, start, end])).slice(0, 7)).toBe(inside ? part : '! index');
      }),
    );
  });

  it('in where a part stands', () => {
    fc.assert(
      fc.property(text, text, (t, part) => {
        const points = Array.from(t);
        const wanted = Array.from(part);
        const places = Array.from({ length: points.length + 1 }, (_, i) => i).filter((i) => wanted.every((point, j) => points[i + j] === point));
        expect(call('index-of', [t, part])).toBe(places[0] ?? null);
        expect(call('last-index-of', [t, part])).toBe(places.at(-1) ?? null);
        expect(call('string-contains?', [t, part])).toBe(places.length > 0);
        expect(call('starts-with?', [t, part])).toBe(places[0] === 0);
      }),
      { numRuns: 1000 },
    );
  });
});

describe('laws', () => {
  it('joining what was split gives the text back', () => {
    fc.assert(
      fc.property(text, text, (t, separator) => {
        const parts = call('split', [t, separator]) as Vector;
        expect(call('join', [separator, parts])).toBe(t);
        expect(parts.size).toBeGreaterThan(0);
      }),
    );
  });

  it('replacing is splitting and joining', () => {
    fc.assert(
      fc.property(text, text.filter((part) => part !== ''), text, (t, part, by) => {
        expect(call('replace', [t, part, by])).toBe(call('join', [by, call('split', [t, part])]));
      }),
    );
  });

  it('a limit keeps the front of a split and the rest whole', () => {
    fc.assert(
      fc.property(text, text, fc.integer({ min: 1, max: 5 }), (t, separator, limit) => {
        const all = (call('split', [t, separator]) as Vector).toArray();
        const some = (call('split', [t, separator, limit]) as Vector).toArray();
        expect(some.length).toBe(Math.min(limit, all.length));
        expect(some.slice(0, -1)).toEqual(all.slice(0, some.length - 1));
        expect(call('join', [separator, Vector.adopt(some)])).toBe(t);
      }),
    );
  });

  it('str of one value is how it prints, but for strings', () => {
    fc.assert(
      fc.property(fc.oneof(fc.integer(), fc.boolean(), fc.constant(null)), text, (value, t) => {
        expect(call('str', [value])).toBe(printValue(value));
        expect(call('str', [t])).toBe(t);
        expect(call('str', [t, value])).toBe(t + printValue(value));
      }),
    );
  });
});

describe('hostile texts', () => {
  it('are searched in linear time for long needles, where the engine needs seconds', () => {
    const haystack = 'a'.repeat(1_000_000);
    const needle = `${'a'.repeat(50_000)}b${'a'.repeat(50_000)}`;
    expect(call('index-of', [haystack, needle])).toBe(null);
    expect(call('last-index-of', [haystack, `${'a'.repeat(100_000)}b`])).toBe(null);
    expect(call('replace', [haystack, needle, 'x'])).toBe(haystack);
    expect(call('last-index-of', [haystack, 'a'.repeat(100_000)])).toBe(900_000);
  });

  it.each([
    ['repeat-string', ['ab', 501]],
    ['pad-left', ['ab', 1001]],
    ['pad-right', ['ab', 1_000_000_000_000]],
    ['replace', ['a'.repeat(500), 'a', 'bbb']],
    ['replace', ['a'.repeat(500), '', 'b'.repeat(500)]],
    ['replace-first', ['a'.repeat(900), 'a', 'b'.repeat(200)]],
    ['str', ['a'.repeat(500), 'b'.repeat(501)]],
    ['str', [Vector.adopt(Array.from({ length: 600 }, () => 1))]],
    ['join', [',', Vector.adopt(Array.from({ length: 600 }, () => 'x'))]],
    ['upper-case', ['ß'.repeat(600)]],
    ['format', ['%1001s', 'x']],
    ['format', ['%.1001f', 1]],
    ['format', ['%s%s', 'a'.repeat(600), 'b'.repeat(600)]],
    ['serialize-json', ['\u0001'.repeat(200)]],
  ] as const)('%s stops at the longest string that is allowed', (name, args) => {
    const meter = meterOf({ stringLength: 1000 });
    expect(raised(() => call(name, args as never, meter))).toBe('! overflow Limit exceeded: string-length (limit: 1000)');
  });

  it('cannot print a value that shares its parts until memory ends', () => {
    let tree: Vector = Vector.of(1, 1);
    for (let i = 0; i < 100; i++) tree = Vector.of(tree, tree);
    expect(raised(() => call('str', [tree], meterOf({ stringLength: 100_000 })))).toContain('! overflow');
    expect(raised(() => call('str', [tree], meterOf({ allocation: 1000 })))).toBe('! budget Resource budget exhausted: allocation (limit: 1000)');
    expect(raised(() => call('serialize-json', [tree], meterOf({ fuel: 1000 })))).toBe('! budget Resource budget exhausted: fuel (limit: 1000)');
  });

  it('cannot make more parts than a collection may have', () => {
    const meter = meterOf({ collectionSize: 100 });
    expect(raised(() => call('split', ['a,'.repeat(101), ','], meter))).toBe('! overflow Limit exceeded: collection-size (limit: 100)');
    expect(raised(() => call('split-lines', ['a\n'.repeat(101)], meter))).toContain('collection-size');
    expect(raised(() => call('split', ['a'.repeat(101), ''], meter))).toContain('collection-size');
    expect(raised(() => call('re-seq', ['a', 'a'.repeat(101)], meter))).toContain('collection-size');
    expect(raised(() => call('parse-json', [`[${'1,'.repeat(101)}1]`], meter))).toContain('collection-size');
  });

  it('are paid for by their length', () => {
    const cost = (length: number): number => {
      const meter = meterOf();
      call('string-length', ['é'.repeat(length)], meter);
      call('trim', ['é'.repeat(length)], meter);
      return meter.limits.fuel - fuelLeft(meter);
    };
    expect(cost(80_000)).toBeGreaterThan(9 * cost(8_000));
    expect(raised(() => call('index-of', ['a'.repeat(100_000), 'b'], meterOf({ fuel: 100 })))).toContain('! budget');
  });
});
