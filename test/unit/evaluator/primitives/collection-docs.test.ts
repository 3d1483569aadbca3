/** Every example in the docs of collection functions and higher-order functions is run in every way, and holds. */
import { describe, expect, it } from 'vitest';
import { checkExpectation, type Expectation, MODES, readConformance } from '../../../../src/host/conformance.ts';
import { environment, library, libraryText } from './collection-program.ts';

const FILES = ['primitives-collection', 'function', 'sequence', 'map', 'tree', 'io'];
const EXAMPLE_LINE = /;(=>|!|>>|<<)/;

/** The names that a file declares or defines. */
function namesIn(file: string): string[] {
  return [...libraryText(`${file}.rtfs`).matchAll(/^\((?:defprimitive|defn) (\S+)/gm)].map((match) => match[1]!);
}

function examplesOf(text: string, name: string): readonly Expectation[] {
  return readConformance(text.split('\n').filter((line) => EXAMPLE_LINE.test(line)).join('\n'), name);
}

const own = new Set(FILES.flatMap(namesIn));
const documented = library.docs.filter((doc) => own.has(doc.name));

describe('the library', () => {
  it('is built without a word of complaint', () => {
    expect(library.diagnostics.map((one) => `${one.code} ${one.message}`)).toEqual([]);
  });

  it('has an example in the docs of each function', () => {
    expect(documented.length).toBeGreaterThan(100);
    expect(documented.filter((doc) => examplesOf(doc.text, doc.name).length === 0).map((doc) => doc.name)).toEqual([]);
    expect([...own].filter((name) => !name.startsWith('%') && !documented.some((doc) => doc.name === name))).toEqual([]);
  });
});

describe('the examples in the docs', () => {
  const examples = documented.flatMap((doc) => examplesOf(doc.text, doc.name)).map((example) => [example.form, example] as const);
  it.each(examples)('%s', (_form, example) => {
    for (const mode of MODES) expect(checkExpectation(environment, example, mode), mode).toBe(null);
  });
});
