import fc from 'fast-check';
import { RE2JS } from 're2js';
import { describe, expect, it } from 'vitest';
import { fuelLeft } from '../../../../src/evaluator/limits.ts';
import type { Regex } from '../../../../src/evaluator/primitives/regex-engine.ts';
import { createRe2Engine } from '../../../../src/evaluator/primitives/re2.ts';
import { call, evaluate, meterOf, raised, rows } from './scalar-harness.ts';

describe('one match', () => {
  rows([
    ['(re-matches "a|ab" "ab")', '"ab"'],
    ['(re-matches "" "")', '""'],
    ['(re-matches "a*" "aab")', 'nil'],
    ['(re-matches "(a)|(b)" "b")', '["b" nil "b"]'],
    ['(re-matches "(?:a)b" "ab")', '"ab"'],
    ['(re-find "a|ab" "ab")', '"a"'],
    ['(re-find "a+?" "aaa")', '"a"'],
    ['(re-find "(a+)(b+)?" "xaay")', '["aa" "aa" nil]'],
    ['(re-find "^b" "ab")', 'nil'],
    ['(re-find "(?m)^b" "a\\nb")', '"b"'],
    ['(re-find "(?s)a.b" "a\\nb")', '"a\\nb"'],
    ['(re-find "a.b" "a\\nb")', 'nil'],
    ['(re-find "\\\\bcat\\\\b" "concat cat")', '"cat"'],
    ['(re-find "\\\\p{L}+" "12 éa3")', '"éa"'],
    ['(re-find "[^a]" "a😀")', '"😀"'],
    ['(re-find "^.$" "😀")', '"😀"'],
    ['(re-find "(?i)straße" "STRAßE")', '"STRAßE"'],
    ['(re-find "a$" "ba")', '"a"'],
    ['(re-find "x{2,3}" "xxxx")', '"xxx"'],
    ['(re-find "a" nil)', 'nil'],
    ['(re-find nil "a")', '! type Type error in re-find: expected string, got nil'],
    ['(re-find "a" 1)', '! type Type error in re-find: expected string, got integer'],
    ['(re-find "(a" "a")', '! argument Invalid argument: re-find: malformed regular expression: missing closing )'],
    ['(re-find "a(?=b)" "ab")', '! argument Invalid argument: re-find: malformed regular expression: '],
    ['(re-find "(a)\\\\1" "aa")', '! argument Invalid argument: re-find: malformed regular expression: '],
    ['(re-find "(" nil)', '! argument'],
  ]);
});

describe('all matches', () => {
  rows([
    ['(re-seq "a*" "aab")', '["aa" "" ""]'],
    ['(re-seq "" "a😀")', '["" "" ""]'],
    ['(re-seq "^a" "aaa")', '["a"]'],
    ['(re-seq "\\\\b" "ab c")', '["" "" "" ""]'],
    ['(re-seq "(.)(.)" "abcd")', '[["ab" "a" "b"] ["cd" "c" "d"]]'],
    ['(re-seq "a" nil)', '[]'],
    ['(re-split "x*" "axb")', '["a" "b"]'],
    ['(re-split "," "")', '[""]'],
    ['(re-split "a" "a")', '["" ""]'],
    ['(re-split "-" "a-b-c" 2)', '["a" "b-c"]'],
    ['(re-split "-" "a-b-c" 1)', '["a-b-c"]'],
    ['(re-split "-" nil)', '[""]'],
    ['(re-split "-" "a" "b")', '! type'],
  ]);
});

describe('replacing', () => {
  rows([
    ['(re-replace "a*" "baac" "x")', '"xbxxcx"'],
    ['(re-replace "(a)(b)?" "ac" "[$0$1$2]")', '"[aa]c"'],
    ['(re-replace "(a)" "a" "$10")', '"a0"'],
    ['(re-replace "(?P<word>\\\\w+)" "ab cd" "<${word}>")', '"<ab> <cd>"'],
    ['(re-replace "a" "a" "\\\\\\\\\\\\$")', '"\\\\$"'],
    ['(re-replace "a" "bbb" "$1")', '! argument Invalid argument: re-replace: malformed replacement: no group 1'],
    ['(re-replace "a" "a" "$")', '! argument Invalid argument: re-replace: malformed replacement: a dollar sign without a group'],
    ['(re-replace "a" "a" "$x")', '! argument'],
    ['(re-replace "a" "a" "${x}")', '! argument Invalid argument: re-replace: malformed replacement: no such group name'],
    ['(re-replace "a" "a" "x\\\\")', '! argument Invalid argument: re-replace: malformed replacement: a backslash at its end'],
    ['(re-replace-first "b" "abb" "")', '"ab"'],
    ['(re-replace "a" "a" 1)', '! type'],
  ]);
});

describe('escaping', () => {
  it('makes any text match itself and nothing else', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        expect(call('re-matches', [call('re-escape', [text]), text])).toBe(text);
        expect(call('re-matches', [call('re-escape', [text]), `${text}x`])).toBe(null);
      }),
    );
  });
});

// Random patterns over a small alphabet, so that they match often; every construct of the compiled programs occurs.
const { pattern } = fc.letrec<{ pattern: string; atom: string }>((tie) => ({
  atom: fc.oneof(
    { weight: 6, arbitrary: fc.constantFrom('a', 'b', 'c', '😀', '.', '[ab]', '[^a]', '\\w', '\\s', '\\pL', '(?i:A)', '(?i:k)', '(?s:.)', '[[:alpha:]]', '') },
    { weight: 2, arbitrary: fc.constantFrom('^', '$', '\\b', '\\B', '(?m:^)', '(?m:$)', '\\A', '\\z') },
    { weight: 2, arbitrary: tie('pattern').map((inner) => `(${inner})`) },
    { weight: 1, arbitrary: tie('pattern').map((inner) => `(?:${inner})`) },
  ),
  pattern: fc.oneof(
    { depthSize: 'small', maxDepth: 5 },
    tie('atom'),
    fc.tuple(tie('pattern'), tie('pattern')).map(([a, b]) => a + b),
    fc.tuple(tie('pattern'), tie('pattern')).map(([a, b]) => `(?:${a}|${b})`),
    fc.tuple(tie('pattern'), fc.constantFrom('*', '+', '?', '*?', '+?', '??', '{2}', '{1,3}', '{0,2}?', '{2,}')).map(([a, count]) => `(?:${a})${count}`),
  ),
}));
const subject = fc.string({ unit: fc.constantFrom('a', 'b', 'c', 'A', 'k', 'K', '\u212a', '😀', ' ', '\n', '\ud83d', 'é'), maxLength: 12 });

/** The slots of a match as the library itself finds it. */
function expected(regex: RE2JS, text: string, from: number): number[] | null {
  const matcher = regex.matcher(text);
  if (!matcher.find(from)) return null;
  return slots(matcher);
}

function slots(matcher: ReturnType<RE2JS['matcher']>): number[] {
  return Array.from({ length: matcher.groupCount() + 1 }, (_, group) => [matcher.start(group), matcher.end(group)]).flat();
}

describe('the machine', () => {
  const engine = createRe2Engine();

  it('finds what the library finds that compiled the pattern', () => {
    fc.assert(
      fc.property(pattern, subject, fc.nat(12), (source, text, offset) => {
        const regex = engine.compile(source);
        const reference = RE2JS.compile(source);
        if (typeof regex === 'string') throw new Error(`${source}: ${regex}`);
        const from = Array.from(text).slice(0, offset).join('').length;
        const found = regex.run(text, from, 'search', meterOf());
        expect(found === null ? null : [...found]).toEqual(expected(reference, text, from));
        const whole = regex.run(text, 0, 'whole', meterOf());
        const matcher = reference.matcher(text);
        expect(whole === null ? null : [...whole]).toEqual(matcher.matches() ? slots(matcher) : null);
      }),
      { numRuns: 5000 },
    );
  });

  it('costs the same for the same search, whatever was searched before', () => {
    fc.assert(
      fc.property(pattern, subject, subject, (source, text, other) => {
        const cost = (used: Regex): number => {
          const meter = meterOf();
          used.run(text, 0, 'search', meter);
          return meter.limits.fuel - fuelLeft(meter);
        };
        const regex = engine.compile(source) as Regex;
        const first = cost(regex);
        regex.run(other, 0, 'search', meterOf());
        expect(cost(regex)).toBe(first);
        expect(cost(createRe2Engine().compile(source) as Regex)).toBe(first);
      }),
    );
  });

  it('goes on rightly after a search that ran out of fuel', () => {
    const regex = engine.compile('(a|b)*c') as Regex;
    expect(raised(() => regex.run('ab'.repeat(1000), 0, 'search', meterOf({ fuel: 100 })))).toContain('! budget');
    expect([...regex.run('abc', 0, 'search', meterOf())!]).toEqual([0, 3, 1, 2]);
  });
});

describe('hostile patterns', () => {
  it.each(['(a*)*b', '(a|aa)+$', '(a|a?)+b', '(.*)*(.*)*(.*)*x', '(?:a?){30}a{30}b', '(a+)+(a+)+b'])('%s takes steps linear in the text', (source) => {
    const steps = (length: number): number => {
      const meter = meterOf();
      call('re-find', [source, `${'a'.repeat(length)}!`], meter);
      return meter.limits.fuel - fuelLeft(meter);
    };
    expect(steps(4000)).toBeLessThan(4.5 * steps(1000));
  });

  it('cannot scan the rest of a text again and again without paying', () => {
    const meter = meterOf({ fuel: 1_000_000 });
    expect(raised(() => call('re-seq', ['(?:a.*b)|a', 'a'.repeat(100_000)], meter))).toBe('! budget Resource budget exhausted: fuel (limit: 1000000)');
  });

  it.each([
    ['more instructions than allowed', 'x{1000}'.repeat(100)],
    ['repetitions of repetitions', '(?:(?:[a-z]x?){31}y?){31}'.repeat(50)],
    ['a Unicode class many times over', '\\p{L}'.repeat(1500) + '\\p{L}'.repeat(1200)],
    ['groups upon groups', '(x)'.repeat(3000)],
    ['deep nesting', '('.repeat(3000) + ')'.repeat(3000)],
    ['great length', 'a'.repeat(10_001)],
    ['an impossible count', 'a{2000}'],
    ['half a class', '['],
    ['halves of pairs', '[\ud83d-\ude00'],
  ])('%s is an error, not a hang', (_, source) => {
    expect(raised(() => call('re-find', [source, 'x']))).toMatch(/^! argument Invalid argument: re-find: malformed regular expression: [\w ,()[\]]+$/);
  });

  it('are remembered in a bounded number', () => {
    const engine = createRe2Engine();
    const first = engine.compile('a0');
    expect(engine.compile('a0')).toBe(first);
    for (let i = 1; i <= 64; i++) engine.compile(`a${i}`);
    expect(engine.compile('a0')).not.toBe(first);
  });

  it('take any text as pattern, text and replacement without an error of the machine', () => {
    const any = fc.oneof(fc.string({ unit: fc.constantFrom(...'ab()[]{}*+?|\\^$.-,:<>P=!wd0123 \n') }), fc.string({ unit: 'binary' }));
    fc.assert(
      fc.property(any, any, any, (source, text, replacement) => {
        for (const name of ['re-find', 're-matches', 're-seq', 're-split']) {
          expect(raised(() => call(name, [source, text]))).toMatch(/^(nothing raised|! argument )/);
        }
        expect(raised(() => call('re-replace', [source, text, replacement]))).toMatch(/^(nothing raised|! argument )/);
      }),
      { numRuns: 2000 },
    );
  });
});

describe('a pattern in a message', () => {
  it('is not shown with what JavaScript says about it', () => {
    expect(evaluate('(re-find "*" "a")')).toBe('! argument Invalid argument: re-find: malformed regular expression: missing argument to repetition operator');
  });
});
