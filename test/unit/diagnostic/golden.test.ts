/**
 * Situations a user meets, as source and message in one file under `test/golden/diagnostics/render`. The diagnostics are
 * made by hand: what the reader, the checker and the machine really report is tested where they live.
 */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { type Diagnostic, diagnostic, runtimeDiagnostic, type StackEntry } from '../../../src/diagnostic/diagnostic.ts';
import { renderDiagnostics, renderSummary } from '../../../src/diagnostic/render.ts';
import type { Span } from '../../../src/diagnostic/span.ts';
import { printable } from '../../../src/diagnostic/terminal.ts';
import { expectGolden } from '../../support/golden.ts';

const DIRECTORY = 'diagnostics/render';

type Files = Readonly<Record<string, string>>;
/** The span of the `nth` occurrence (from 1) of `text` in a file, by default the first in `plan.rtfs`. */
type Find = (text: string, nth?: number, file?: string) => Span;

interface Situation {
  readonly files: Files;
  readonly diagnostics: (find: Find) => readonly Diagnostic[];
}

function finder(files: Files): Find {
  return (text, nth = 1, file = 'plan.rtfs') => {
    let start = -1;
    for (let i = 0; i < nth; i++) start = files[file]!.indexOf(text, start + 1);
    if (start < 0) throw new Error(`the situation has no ${nth}. ${JSON.stringify(text)} in ${file}`);
    return { file, start, end: start + text.length };
  };
}

function one(source: string, make: (find: Find) => Diagnostic): Situation {
  return { files: { 'plan.rtfs': source }, diagnostics: (find) => [make(find)] };
}

function repeated(entry: StackEntry, count: number): StackEntry[] {
  return new Array<StackEntry>(count).fill(entry);
}

const FACTORIAL = '(defn fact [n]\n  (if (= n 0)\n    (/ 1 n)\n    (* n (fact (- n 1)))))\n\n(defn main []\n  (fact 400))\n\n(main)\n';
const LONG_STEP = `(step "report"\n  (let [rows (call :db.query "sales")]\n${Array.from({ length: 12 }, (_, i) => `    (call :log/info "part ${i + 1}")\n`).join('')}    (count rows))\n  :timeout 5)\n`;

const SITUATIONS: Readonly<Record<string, Situation>> = {
  'bracket-unclosed': one('(defn total [rows]\n  (reduce + (map :price rows)\n\n(total [])\n', (find) =>
    diagnostic('E0102', '`(` is never closed', { file: 'plan.rtfs', start: 60, end: 60 }, {
      expected: '`)`',
      found: 'the end of the source',
      help: ['the next form starts at the left margin: the bracket is probably missing before line 4'],
      related: [{ span: find('('), message: 'this bracket is still open' }],
    })),

  'bracket-mismatched': one('(let [rows (call :db.query "sales"]\n  (count rows))\n', (find) =>
    diagnostic('E0103', '`]` does not close `(`', find(']'), {
      expected: '`)`',
      found: '`]`',
      related: [{ span: find('(', 2), message: '`(` is opened here' }],
    })),

  'string-unterminated': one('(def greeting "hello)\n(def name "Ada")\n', (find) =>
    diagnostic('E0105', 'the string is never closed', find('"hello)'), { help: ['add `"` after `hello`'] })),

  'escape-unknown': one('(re-find "\\d+" text)\n', (find) =>
    diagnostic('E0106', 'unknown escape `\\d` in a string', find('\\d'), { help: ['write `\\\\d` for a backslash and a `d`'] })),

  'name-undefined': one('(defn total [rows]\n\t(let [prices (map :price rows)]\n\t\t(recude + prices)))\n', (find) =>
    diagnostic('E0201', 'undefined name `recude`', find('recude'), { help: ['did you mean `reduce`?'] })),

  'form-malformed-long': one(LONG_STEP, (find) => {
    const start = find('(step').start;
    return diagnostic('E0219', '`step` has no option `:timeout`', { file: 'plan.rtfs', start, end: LONG_STEP.lastIndexOf(')') + 1 }, {
      help: ['did you mean `:timeout-ms`?', 'options stand before the body'],
    });
  }),

  'recur-not-in-tail-position': one('(defn sum [n]\n  (if (= n 0)\n    0\n    (+ n (recur (- n 1)))))\n', (find) =>
    diagnostic('E0205', '`recur` is not the last thing that `sum` does: its value is still added', find('(recur (- n 1))'), {
      related: [{ span: find('(+'), message: 'this happens after it' }],
    })),

  'parameter-repeated': one('(fn [name age name] (str name age))\n', (find) =>
    diagnostic('E0203', 'the parameter `name` is there twice', find('name', 2), { related: [{ span: find('name'), message: 'it is first here' }] })),

  'wide-characters': one('(str "数据 👩\u200d🚀 e\u0301" größe)\n', (find) =>
    diagnostic('E0201', 'undefined name `größe`', find('größe'), { help: ['did you mean `grösse`?'] })),

  'control-characters': one('(co\u200bunt "\u001b[31m\u202e" rows)\n', (find) =>
    diagnostic('E0101', 'unexpected character U+200B, which is invisible', find('\u200b'), { help: ['remove it: it was probably pasted from a web page'] })),

  'line-too-long': one(`(def rows [${Array.from({ length: 60 }, (_, i) => `{:id ${i} :price ${i}.5}`).join(' ')} {:id 60 :price 12x} {:id 61 :price 3.0}])\n`, (find) =>
    diagnostic('E0107', '`12x` is not a number', find('12x'))),

  'line-breaks-crlf': one('(defn f [x]\r\n  (let [unused 1]\r\n    x))\r\n', (find) =>
    diagnostic('W0601', '`unused` is never used', find('unused'), { severity: 'warning' })),

  'import-cycle': {
    files: { 'a.rtfs': '(module a)\n(import b)\n', 'lib/b.rtfs': '(module b)\n\n(import a :as first)\n' },
    diagnostics: (find) => [diagnostic('E0213', 'the modules `a` and `b` import each other', find('(import b)', 1, 'a.rtfs'), {
      related: [{ span: find('(import a :as first)', 1, 'lib/b.rtfs'), message: '`b` imports `a` here' }],
    })],
  },

  'run-time-deep-stack': one(FACTORIAL, (find) =>
    runtimeDiagnostic({
      kind: 'arithmetic',
      message: 'Division by zero',
      span: find('(/ 1 n)'),
      stack: [{ function: 'fact', span: find('(/ 1 n)') }, ...repeated({ function: 'fact', span: find('(fact (- n 1))') }, 400), { function: 'main', span: find('(fact 400)') }, { function: '<main>', span: find('(main)') }],
    })),

  'run-time-own-error': one('(defn buy [item]\n  (throw (ex-info "Sold out:\\n  two left elsewhere" {:item item})))\n\n(buy :lamp)\n', (find) =>
    runtimeDiagnostic({
      kind: 'user',
      message: 'Sold out:\n  two left elsewhere',
      span: find('(throw (ex-info "Sold out:\\n  two left elsewhere" {:item item}))'),
      stack: [{ function: 'buy', span: find('(throw') }, { function: '<main>', span: find('(buy :lamp)') }],
    })),

  'without-place': { files: {}, diagnostics: () => [diagnostic('E0501', 'cannot read `plans/missing.rtfs`: no such file', null)] },

  'several-in-order': {
    files: { 'plan.rtfs': '(def a {:x 1 :x 2})\n(def b (cuont a))\n(let [a 3] a)\n' },
    diagnostics: (find) => [
      diagnostic('W0605', '`a` hides the definition in line 1', find('a 3'), { severity: 'warning' }),
      diagnostic('E0201', 'undefined name `cuont`', find('cuont'), { help: ['did you mean `count`?'] }),
      diagnostic('E0201', 'undefined name `cuont`', find('cuont'), { help: ['the same again'] }),
      diagnostic('E0110', 'the key `:x` is there twice', find(':x', 2)),
    ],
  },
};

/** The sources, with control characters by number, and what is said about them. */
function page({ files, diagnostics }: Situation): string {
  const found = diagnostics(finder(files));
  const sources = Object.entries(files).map(([file, text]) => `--- ${file}\n${text.split('\n').map((line) => line.split('\t').map(printable).join('\t')).join('\n')}`);
  const rendered = renderDiagnostics(found, (file) => files[file] ?? null);
  return `${sources.join('')}--- message\n${rendered}\n\n${renderSummary(found)}\n`;
}

describe('the message a user reads', () => {
  const situations = Object.entries(SITUATIONS);

  test.each(situations)('%s', (name, situation) => {
    expectGolden(`${DIRECTORY}/${name}.txt`, page(situation));
  });

  test('every golden file belongs to a situation', () => {
    const files = readdirSync(join(import.meta.dirname, '../../golden', DIRECTORY));
    expect(files.sort()).toEqual(situations.map(([name]) => `${name}.txt`).sort());
  });
});
