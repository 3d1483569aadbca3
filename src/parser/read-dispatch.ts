/** The `##…` notations, and what to write instead of the `#…` and `\…` notations that other Lisps have and RTFS does not. */
import { type Problem, problem, shown } from './read-problem.ts';

const SPECIAL_FLOATS: ReadonlyMap<string, number> = new Map([
  ['##Inf', Infinity],
  ['##-Inf', -Infinity],
  ['##NaN', NaN],
]);

/** Null for what is no value. */
export function specialFloat(text: string): number | null {
  return SPECIAL_FLOATS.get(text) ?? null;
}

export function explainSpecial(text: string): Problem {
  return problem('E0114', `\`${text}\` is not a value`, text, 'The special floats are `##Inf`, `##-Inf` and `##NaN`.');
}

export function explainDispatch(text: string): Problem {
  const { message, cure } = explain(text);
  return problem('E0114', message, text, cure);
}

function explain(text: string): { readonly message: string; readonly cure: string } {
  if (text.startsWith('\\')) {
    return { message: `There are no character literals: ${shown(text)}`, cure: `Write a string of one character: ${stringFor(text)}.` };
  }
  if (text.startsWith('#"')) {
    return {
      message: 'There are no regular expression literals',
      cure: `Write the pattern as a string, with each backslash doubled: ${shown(asString(text))}.`,
    };
  }
  return { message: `${shown(text)} has no meaning here`, cure: CURES.get(text) ?? 'After `#` only `(`, `{`, `_`, `|` and `#` may follow.' };
}

/** The string that holds the pattern of a `#"…"` literal. */
function asString(literal: string): string {
  return literal.slice(1).replace(/\\([^])/g, (escape, character: string) => {
    if (character === '"') return escape;
    return character === '\\' ? escape + escape : `\\${escape}`;
  });
}

const CURES: ReadonlyMap<string, string> = new Map([
  ["#'", 'There are no vars: write the name itself.'],
  ['#inst', 'Write the timestamp itself: `2024-05-01T10:00:00Z`.'],
  ['#uuid', 'Write the uuid itself, without quotes.'],
  ['#?', 'There are no reader conditionals: write the form itself.'],
  ['#?@', 'There are no reader conditionals: write the forms themselves.'],
  ['#', 'After `#` only `(`, `{`, `_`, `|` and `#` may follow.'],
]);

const NAMED_CHARACTERS: ReadonlyMap<string, string> = new Map([
  ['newline', '\\n'],
  ['tab', '\\t'],
  ['return', '\\r'],
  ['backspace', '\\b'],
  ['formfeed', '\\f'],
  ['space', ' '],
  ['"', '\\"'],
  ['\\', '\\\\'],
]);

function stringFor(literal: string): string {
  const name = literal.slice(1);
  const inside = NAMED_CHARACTERS.get(name) ?? (name.length === 5 && name.startsWith('u') ? `\\${name}` : name);
  return `\`"${inside}"\``;
}
