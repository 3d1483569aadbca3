/** Every example in the docs of the special forms is run in every way, and holds. Those of functions: see test/unit/evaluator. */
import { describe, expect, test } from 'vitest';
import { checkExpectation, MODES, readConformance } from '../src/host/conformance.ts';
import { DOCS_TEXT } from '../src/library/docs.ts';
import { ALWAYS_SPECIAL, SPECIAL_FORMS } from '../src/parser/special/table.ts';
import { testEnvironment } from './support/environment.ts';

interface Entry {
  readonly name: string;
  readonly kind: string;
  readonly text: string;
}

const environment = testEnvironment();
const forms = (JSON.parse(DOCS_TEXT) as readonly Entry[]).filter((entry) => entry.kind === 'special form');
const EXAMPLE_LINE = /;(=>|!|>>|<<)/;
const examplesOf = ({ name, text }: Entry): ReturnType<typeof readConformance> => readConformance(text.split('\n').filter((line) => EXAMPLE_LINE.test(line)).join('\n'), name);

test('every special form has a page', () => {
  const named = [...ALWAYS_SPECIAL.keys(), ...SPECIAL_FORMS.keys()].filter((name) => !name.startsWith('%'));
  expect(named.filter((name) => !forms.some((entry) => entry.name === name))).toEqual([]);
});

describe.each(forms.map((entry) => [entry.name, entry] as const))('the page of %s', (_, entry) => {
  const examples = examplesOf(entry);

  test('has examples, and they hold', () => {
    expect(examples.length).toBeGreaterThan(0);
    expect(examples.flatMap((example) => MODES.map((mode) => checkExpectation(environment, example, mode))).filter((problem) => problem !== null)).toEqual([]);
  });
});
