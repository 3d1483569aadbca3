/** Every example in the docs of collection functions and higher-order functions is run, and says what happens. */
import { describe, expect, it } from 'vitest';
import { dataOf } from '../../../../src/host/compile.ts';
import { type Happening, library, libraryText, run } from './collection-program.ts';

const FILES = ['primitives-collection', 'function', 'sequence', 'map', 'tree', 'io'];

/** One form and what is expected of it, in order. */
interface Example {
  readonly form: string;
  readonly expectations: readonly Happening[];
}

/** The names that a file declares or defines. */
function namesIn(file: string): string[] {
  return [...libraryText(`${file}.rtfs`).matchAll(/^\((?:defprimitive|defn) (\S+)/gm)].map((match) => match[1]!);
}

function examplesOf(text: string): Example[] {
  const examples: { form: string; expectations: Happening[] }[] = [];
  for (const line of text.split('\n')) {
    const match = /^\s*(.*?)\s*;(=>|!|>>|<<)\s?(.*)$/.exec(line);
    if (match === null) continue;
    const [, form, mark, expected] = match as unknown as [string, string, string, string];
    if (form !== '') examples.push({ form, expectations: [] });
    examples.at(-1)!.expectations.push([mark, expected]);
  }
  return examples;
}

function runExample(example: Example): Happening[] {
  const answers = example.expectations.filter(([mark]) => mark === '<<').map(([, text]) => dataOf(text)!);
  return run(example.form, () => answers.shift()!);
}

/** `;! kind text` wants that kind, and that text somewhere in the message; everything else is compared as it is. */
function agrees(happened: readonly Happening[], expected: readonly Happening[]): boolean {
  return happened.length === expected.length && expected.every(([mark, text], i) => happened[i]![0] === mark && sameText(mark, happened[i]![1], text));
}

function sameText(mark: string, happened: string, expected: string): boolean {
  if (mark !== '!') return happened === expected;
  const [kind, ...words] = expected.split(' ');
  return happened.startsWith(`${kind} `) && happened.includes(words.join(' '));
}

const own = new Set(FILES.flatMap(namesIn));
const documented = library.docs.filter((doc) => own.has(doc.name));

describe('the library', () => {
  it('is built without a word of complaint', () => {
    expect(library.diagnostics.map((one) => `${one.code} ${one.message}`)).toEqual([]);
  });

  it('has an example in the docs of each function', () => {
    expect(documented.length).toBeGreaterThan(100);
    expect(documented.filter((doc) => examplesOf(doc.text).length === 0).map((doc) => doc.name)).toEqual([]);
    expect([...own].filter((name) => !name.startsWith('%') && !documented.some((doc) => doc.name === name))).toEqual([]);
  });
});

describe('the examples in the docs', () => {
  it.each(documented.flatMap((doc) => examplesOf(doc.text)).map((example) => [example.form, example] as const))('%s', (_form, example) => {
    const happened = runExample(example);
    if (!agrees(happened, example.expectations)) expect(happened).toEqual(example.expectations);
  });
});
