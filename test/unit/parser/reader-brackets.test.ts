import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { read } from '../../../src/parser/reader.ts';
import { at, places, show } from './reader-support.ts';

interface Case {
  readonly title: string;
  readonly text: string;
  /** `code line:column` of each message. */
  readonly places: readonly string[];
  /** How the text is read in spite of it. */
  readonly forms: readonly string[];
}

const CASES: readonly Case[] = [
  {
    title: 'a form that lacks its last bracket, before the next top-level form',
    text: '(defn f [x]\n  (+ x 1)\n\n(defn g [] 2)',
    places: ['E0102 1:1'],
    forms: ['(defn f [x] (+ x 1))', '(defn g [] 2)'],
  },
  {
    title: 'an inner form that ends too late, by the indentation of what follows',
    text: '(defn f [x]\n  (let [y 1]\n    (+ x y)\n  (foo))\n\n(defn g [] 2)',
    places: ['E0102 2:3'],
    forms: ['(defn f [x] (let [y 1] (+ x y)) (foo))', '(defn g [] 2)'],
  },
  {
    title: 'the same in the middle of a line',
    text: '(if (> a 1\n  (foo)\n  (bar))\n(baz)',
    places: ['E0102 1:5'],
    forms: ['(if (> a 1) (foo) (bar))', '(baz)'],
  },
  {
    title: 'an inner bracket of another kind, found by what came instead',
    text: '(let [x (f 1] x)',
    places: ['E0103 1:13'],
    forms: ['(let [x (f 1)] x)'],
  },
  {
    title: 'a map in a call',
    text: '(step "x"\n  (let [a 1\n        b (call :x {:y 1)]\n    a))\n(g)',
    places: ['E0103 3:25'],
    forms: ['(step "x" (let [a 1 b (call :x {:y 1})] a))', '(g)'],
  },
  {
    title: 'a vector in a map, by indentation',
    text: '(def m {:a 1\n        :b [1 2\n        :c 3})',
    places: ['E0102 2:12'],
    forms: ['(def m {:a 1 :b [1 2] :c 3})'],
  },
  {
    title: 'quoted lists under each other',
    text: "(a\n  'b\n  '(c d\n  '(e f))\n(g)",
    places: ['E0102 3:4'],
    forms: ['(a (quote b) (quote (c d)) (quote (e f)))', '(g)'],
  },
  {
    title: 'the wrong kind of bracket',
    text: '(defn f [x) (+ x 1))',
    places: ['E0103 1:11'],
    forms: ['(defn f [x] (+ x 1))'],
  },
  { title: 'the wrong kind at the end', text: '(a b]', places: ['E0103 1:5'], forms: ['(a b)'] },
  { title: 'one bracket too many inside', text: '(a b] c)', places: ['E0104 1:5'], forms: ['(a b c)'] },
  { title: 'one bracket too many at the end', text: '(a))\n(b)', places: ['E0104 1:4'], forms: ['(a)', '(b)'] },
  {
    title: 'one bracket too many early on, by the indentation of what follows',
    text: '(defn f []\n  (foo))\n  (bar))\n(g)',
    places: ['E0104 2:8'],
    forms: ['(defn f [] (foo) (bar))', '(g)'],
  },
  {
    title: 'the same one level deeper',
    text: '(defn f [x]\n  (let [y 1])\n    (+ x y)))\n(g)',
    places: ['E0104 2:13'],
    forms: ['(defn f [x] (let [y 1] (+ x y)))', '(g)'],
  },
  {
    title: 'code that is not indented, with the wrong kind of bracket',
    text: '(do\n(a)\n(b]\n(c))',
    places: ['E0103 3:3'],
    forms: ['(do (a) (b) (c))'],
  },
  {
    title: 'brackets that are missing at one place are one message',
    text: '(def m {:a 1\n        :b 2\n(def c 3)',
    places: ['E0102 1:8'],
    forms: ['(def m {:a 1 :b 2})', '(def c 3)'],
  },
  {
    title: 'mistakes in several forms, each in its own',
    text: '(a (b)\n(c [d)\n(e}\n(f))\n(g)',
    places: ['E0102 1:1', 'E0103 2:6', 'E0103 3:3', 'E0104 4:4'],
    forms: ['(a (b))', '(c [d])', '(e)', '(f)', '(g)'],
  },
  { title: 'only opening brackets', text: '([{', places: ['E0102 1:3'], forms: ['([{}])'] },
  { title: 'a closing bracket alone', text: ')', places: ['E0104 1:1'], forms: [] },
  { title: 'carriage returns as line ends', text: '(a\r(b)', places: ['E0102 1:1'], forms: ['(a)', '(b)'] },
  { title: 'a map that is odd only because of the repair is not blamed', text: '{(g :a 1}', places: ['E0103 1:9'], forms: ['{(g :a 1) nil}'] },
];

describe('brackets that do not match', () => {
  test.each(CASES)('$title', ({ text, places: expected, forms }) => {
    expect(places(text)).toEqual(expected);
    expect(read(text, 'test').forms.map(show)).toEqual(forms);
  });

  test('code that is not indented but balanced is no mistake', () => {
    expect(read('(do\n(a)\n(b\n[c\n]\n))\n(d)', 'test').diagnostics).toEqual([]);
  });

  test('an unclosed bracket says what is expected, and shows what came instead', () => {
    const text = '(a\n  (b [c\n(d)';
    const [found] = read(text, 'test').diagnostics;
    expect(found).toMatchObject({ code: 'E0102', expected: '`]))`', found: 'the next form' });
    expect(at(text, found!.span!.start)).toBe('2:6');
    expect(found!.related.map(({ span }) => at(text, span.start))).toEqual(['3:1', '2:3', '1:1']);
  });

  test.each(['(f [x)y z)', '(f [x)'])('in %s the bracket of the wrong kind is shown with the one that is open', (text) => {
    const [found] = read(text, 'test').diagnostics;
    expect(found).toMatchObject({ code: 'E0103', expected: '`]`', found: '`)`' });
    expect(found!.related.map(({ span }) => at(text, span.start))).toEqual(['1:4']);
  });
});

const PROGRAM = `;; Totals per region.
(defn totals [orders]
  (->> orders
       (filter (fn [order] (= (:status order) "paid")))
       (map (fn [[region rows]]
              {:region region
               :total (reduce + 0 (map :amount rows))}))))

(step "Collect"
  (let [data (call :fs.read {:path "a)b"})
        limit 250.75]
    (if (> (count data) 100)
      (call :log/info (str "Many: " #(f %) '[x]))
      nil)
    #{1 2}))

(defn last-one []
  [:done])
`;

describe('one bracket away from a right program', () => {
  const offsets = [...PROGRAM.matchAll(/[()[\]{}]/g)].map((match) => match.index).filter((offset) => PROGRAM.slice(offset - 1, offset + 2) !== 'a)b');

  test('the program itself has no mistakes', () => {
    expect(read(PROGRAM, 'test').diagnostics).toEqual([]);
  });

  test.each(offsets)('without the bracket at %i there is exactly one message about brackets', (offset) => {
    // A lone `#` is a word of its own to complain about: its bracket goes together with it.
    const from = PROGRAM[offset - 1] === '#' ? offset - 1 : offset;
    const text = PROGRAM.slice(0, from) + PROGRAM.slice(offset + 1);
    const { diagnostics } = read(text, 'test');
    expect(diagnostics.map(({ code }) => code)).toEqual([expect.stringMatching(/^E010[234]$/)]);
  });

  test.each(offsets)('with the bracket at %i doubled there is exactly one message', (offset) => {
    const text = PROGRAM.slice(0, offset + 1) + PROGRAM.slice(offset);
    const { diagnostics } = read(text, 'test');
    expect(diagnostics.map(({ code }) => code)).toEqual([expect.stringMatching(/^E010[234]$/)]);
  });

  test('a missing closing bracket is found within the top-level form that lacks it', () => {
    for (const offset of offsets.filter((at) => ')]}'.includes(PROGRAM[at]!))) {
      const text = PROGRAM.slice(0, offset) + PROGRAM.slice(offset + 1);
      const start = Math.max(...['(defn totals', '(step', '(defn last'].map((head) => text.indexOf(head)).filter((at) => at <= offset));
      const place = read(text, 'test').diagnostics[0]!.span!.start;
      expect(place).toBeGreaterThanOrEqual(start);
      expect(place).toBeLessThanOrEqual(Math.max(offset, text.indexOf('\n\n', offset)));
    }
  });
});

describe('any brackets at all', () => {
  const soup = fc.array(fc.constantFrom('(', ')', '[', ']', '{', '}', '#{', '#(', ' a ', '\n', '\n  ', "'", '1 '), { maxLength: 60 }).map((parts) => parts.join(''));

  test('are read, and complained about exactly when they do not match', () => {
    fc.assert(
      fc.property(soup, (text) => {
        const { diagnostics } = read(text, 'test');
        const bracketTrouble = diagnostics.some(({ code }) => code === 'E0102' || code === 'E0103' || code === 'E0104');
        expect(bracketTrouble).toBe(!balanced(text));
      }),
      { numRuns: 2000 },
    );
  });

  test('when mended as the messages say, brackets of one kind need as many edits as there are to make', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom('(', ')', 'a '), { maxLength: 40 }), (parts) => {
        let open = 0;
        let stray = 0;
        for (const part of parts) {
          if (part === '(') open++;
          else if (part === ')' && open > 0) open--;
          else if (part === ')') stray++;
        }
        const { diagnostics } = read(parts.join(''), 'test');
        const missing = diagnostics.filter(({ code }) => code === 'E0102').reduce((sum, d) => sum + (d.expected!.match(/\)/g)?.length ?? 0), 0);
        const removed = diagnostics.filter(({ code }) => code === 'E0104').length;
        expect(removed).toBe(stray);
        expect(missing).toBe(Math.min(open, 10));
      }),
      { numRuns: 1000 },
    );
  });
});

describe('a text too long to be repaired gets one message about its brackets', () => {
  const MANY = 600_000;

  test('what is open at the end, the innermost first', () => {
    const { diagnostics } = read('('.repeat(MANY), 'test');
    expect(diagnostics.map(({ code, message, span }) => [code, message, span?.start])).toEqual([
      ['E0102', `${MANY} brackets are not closed, the innermost is this \`(\``, MANY - 1],
    ]);
  });

  test('the first that closes nothing', () => {
    const { diagnostics } = read(`${'[]'.repeat(MANY / 2)}]]`, 'test');
    expect(diagnostics.map(({ code, span }) => [code, span?.start])).toEqual([['E0104', MANY]]);
  });

  test('the first of another kind', () => {
    const { diagnostics } = read(`${'[]'.repeat(MANY / 2)}[)(]`, 'test');
    expect(diagnostics.map(({ code, span }) => [code, span?.start])).toEqual([['E0103', MANY + 1]]);
  });
});

/** A plain matcher, for texts without strings and comments. */
function balanced(text: string): boolean {
  const open: string[] = [];
  for (const character of text) {
    const index = '([{'.indexOf(character);
    if (index >= 0) open.push(')]}'[index]!);
    else if (')]}'.includes(character) && open.pop() !== character) return false;
  }
  return open.length === 0;
}
