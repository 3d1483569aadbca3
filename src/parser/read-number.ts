/**
 * Numbers in source text. What they are is the business of `value/numeral.ts`; here is what to say when a word that
 * begins like a number is none. No word is ever read in part.
 */
import { NUMERAL_DIGITS_MAX, type NumeralFault, parseNumber } from '../value/numeral.ts';
import type { Float } from '../value/value.ts';
import { type Problem, problem, shown } from './read-problem.ts';

export type ReadNumber = { readonly value: number | bigint | Float } | { readonly problem: Problem };

export function readNumber(word: string): ReadNumber {
  const parsed = parseNumber(word);
  return parsed.ok ? { value: parsed.value } : { problem: explain(word, parsed.error) };
}

function explain(word: string, fault: NumeralFault): Problem {
  switch (fault) {
    case 'too-long':
      return problem('E0107', `The number ${shown(word)} has more than ${NUMERAL_DIGITS_MAX} digits`, word);
    case 'out-of-range': {
      const infinity = word.startsWith('-') ? '##-Inf' : '##Inf';
      return problem('E0107', `The number ${shown(word)} is too large for a float`, word, `Write \`${infinity}\` if infinity is meant.`);
    }
    case 'malformed': {
      const cure = MISTAKES.find(({ form }) => form.test(word))?.cure(word) ?? OTHERWISE;
      return problem('E0107', `${shown(word)} is not a number`, word, cure);
    }
  }
}

const OTHERWISE = 'A symbol cannot begin with a digit; put a space after the number if two things are meant.';

interface Mistake {
  readonly form: RegExp;
  readonly cure: (word: string) => string;
}

const MISTAKES: readonly Mistake[] = [
  { form: /^[+-]?[0-9]+N$/, cure: (word) => `Integers have any size here: write ${shown(word.slice(0, -1))}.` },
  { form: /^[+-]?[0-9.eE]+M$/, cure: () => 'There are no decimals of the form `1.5M`: write a float or an integer.' },
  { form: /^[+-]?[0-9]+\/[0-9]+$/, cure: (word) => `There are no ratios: write ${shown(`(/ ${word.replace('/', ' ')})`)}.` },
  { form: /^[+-]?[0-9]+\.$/, cure: (word) => `Write ${shown(`${word}0`)}, or ${shown(word.slice(0, -1))} for an integer.` },
  { form: /^[+-]?\.[0-9]+$/, cure: (word) => `Write ${shown(word.replace('.', '0.'))}.` },
  { form: /^[+-]?[0-9][0-9_]*$/, cure: (word) => `Digits are not grouped: write ${shown(word.replaceAll('_', ''))}.` },
  { form: /^[+-]?0[xX]/, cure: () => 'After `0x` only the digits 0–9 and a–f may follow.' },
  { form: /^[+-]?0[oO]/, cure: () => 'After `0o` only the digits 0–7 may follow.' },
  { form: /^[+-]?0[bB]/, cure: () => 'After `0b` only the digits 0 and 1 may follow.' },
  { form: /^[+-]?[0-9]+[rR][0-9a-zA-Z]+$/, cure: () => 'Other bases are written `0x…`, `0o…` and `0b…` only.' },
  { form: /^[+-]?[0-9]+(?:\.[0-9]+)?[eE][+-]?$/, cure: () => 'An exponent needs digits, as in `1e10`.' },
];
