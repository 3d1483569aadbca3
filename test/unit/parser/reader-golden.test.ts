/** What a person sees who makes the common mistakes: source and message in one file under `test/golden/diagnostics/reader`. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { renderDiagnostics } from '../../../src/diagnostic/render.ts';
import { read } from '../../../src/parser/reader.ts';
import { expectGolden } from '../../support/golden.ts';

const DIRECTORY = 'diagnostics/reader';

const SOURCES: Readonly<Record<string, readonly string[]>> = {
  brackets: [
    '(defn total [rows]\n  (reduce + (map :price rows))\n\n(total [])\n',
    '(defn total [rows]\n  (let [prices (map :price rows]\n    (reduce + prices)))\n',
    '(defn total [rows]\n  (let [prices (map :price rows)]\n    (reduce + prices)\n  (log rows))\n\n(total [])\n',
    '(defn total [rows)\n  (reduce + rows))\n',
    '(defn total [rows]\n  (log rows))\n  (reduce + rows))\n',
    '(total [1 2]))\n',
    '(def limits {:low 1\n             :high [2 3\n(total [])\n',
  ],
  words: ['(f 10N 1/2 1. .5 0xG 1_000 2x)\n', '[::a :a:b :a/ b/ http://example.com]\n', '(f \u201cx\u201d a|b)\n', '[2024-05-01 2023-02-29T00:00:00Z]\n'],
  strings: ['(def a "one)\n(def b "two")\n', '(f "\\d+" "\\u12")\n', '(f #| x\n'],
  maps: ['{:a 1 :b}\n', '{"a": 1}\n', '{:a 1\n :b 2\n :a 3}\n', '#{1 2 1}\n'],
  shorthands: ["(f ')\n", '#(map #(+ % 1) %)\n', '(let [^:private x 1] x)\n', '@(f x)\n'],
  'other-lisps': ["[\\a #\"a+\" #'f #inst \"2024-05-01\" #?(:clj 1)]\n"],
};

function document(source: string): string {
  const { diagnostics } = read(source, 'plan.rtfs');
  return `--- plan.rtfs\n${source}--- messages\n${renderDiagnostics(diagnostics, () => source)}`;
}

describe('the messages of the reader read well', () => {
  test.each(Object.keys(SOURCES))('%s', (name) => {
    const documents = SOURCES[name]!.map(document);
    expectGolden(join(DIRECTORY, `${name}.txt`), `${documents.map((text) => text.trimEnd()).join('\n\n')}\n`);
  });

  test('every golden file belongs to a test', () => {
    const files = readdirSync(join(import.meta.dirname, '../../golden', DIRECTORY));
    expect(files.sort()).toEqual(Object.keys(SOURCES).map((name) => `${name}.txt`).sort());
  });
});
