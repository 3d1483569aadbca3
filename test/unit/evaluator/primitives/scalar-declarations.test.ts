import { describe, expect, it } from 'vitest';
import { outcomeOf } from './collection-program.ts';
import { declarations, evaluate, primitives } from './scalar-harness.ts';

const { declared, aliases } = declarations;

interface Example {
  readonly text: string;
  readonly mark: '=>' | '!';
  readonly expected: string;
}

/** The lines of a docstring that end in `;=> value` or `;! kind text`. */
function examplesOf(doc: string): Example[] {
  return doc.split('\n').flatMap((line) => {
    const found = /^\s+(\(.*\)) +;(=>|!) +(.*)$/.exec(line);
    return found === null ? [] : [{ text: found[1]!, mark: found[2] as Example['mark'], expected: found[3]! }];
  });
}

describe('the declarations of the scalar primitives', () => {
  it('name each primitive once, and nothing else', () => {
    expect(declared.map((entry) => entry.name).sort()).toEqual(primitives.map((entry) => entry.name).sort());
    expect(new Set(declared.map((entry) => entry.name)).size).toBe(declared.length);
  });

  it.each(primitives)('give $name the arity that it has', ({ name, min, max }) => {
    const entry = declared.find((candidate) => candidate.name === name);
    expect({ min: entry?.min, max: entry?.max }).toEqual({ min, max });
  });

  it('give aliases to primitives that exist, under names that are free', () => {
    const names = new Set(declared.map((entry) => entry.name));
    for (const [alias, name] of aliases) expect([alias, names.has(name), names.has(alias)]).toEqual([alias, true, false]);
  });

  it.each(declared)('show an example of $name by name', ({ name, doc }) => {
    expect(examplesOf(doc).filter((example) => example.text.includes(`(${name}`)).length).toBeGreaterThan(0);
  });
});

function checkAnswer(answer: string, mark: Example['mark'], expected: string): void {
  if (mark === '=>') {
    expect(answer).toBe(evaluate(`(quote ${expected})`));
    return;
  }
  const [kind, ...words] = expected.split(' ');
  expect(answer.startsWith(`! ${kind} `)).toBe(true);
  expect(answer).toContain(words.join(' '));
}

describe('the examples of the scalar primitives', () => {
  const examples = declared.flatMap((entry) => examplesOf(entry.doc));

  it.each(examples)('$text ;$mark $expected', ({ text, mark, expected }) => {
    checkAnswer(evaluate(text), mark, expected);
  });

  // Names that begin with a percent sign are for the library.
  it.each(examples.filter((example) => !example.text.includes('%not-nil?')))('as a program: $text ;$mark $expected', ({ text, mark, expected }) => {
    checkAnswer(outcomeOf(text), mark, expected);
  });
});
