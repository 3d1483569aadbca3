/**
 * Numbers as they are written: `42 -7 0x2A 0o7 0b1 1.5 1e10`. Anything else that begins like a number is a mistake
 * with a message of its own; no word is ever read in part.
 */
import { type Float, makeFloat } from '../value/value.ts';
import { type Problem, problem, shown } from './read-problem.ts';

const DECIMAL = /^[+-]?[0-9]+$/;
const RADIX = /^[+-]?0(?:[xX][0-9a-fA-F]+|[oO][0-7]+|[bB][01]+)$/;
const FLOAT = /^[+-]?[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?$/;
/** So many decimal digits always fit a machine number. */
const SAFE_DIGITS = 15;

export type ReadNumber = { readonly value: number | bigint | Float } | { readonly problem: Problem };

export function readNumber(word: string): ReadNumber {
  if (DECIMAL.test(word)) return { value: decimal(word) };
  if (RADIX.test(word)) return { value: withRadix(word) };
  if (FLOAT.test(word)) return float(word);
  return { problem: explain(word) };
}

function decimal(word: string): number | bigint {
  if (word.length <= SAFE_DIGITS) return Number(word) + 0; // + 0 makes -0 the integer 0
  const unsigned = word.startsWith('+') ? word.slice(1) : word;
  return normal(BigInt(unsigned));
}

function withRadix(word: string): number | bigint {
  const negative = word.startsWith('-');
  const magnitude = BigInt((negative || word.startsWith('+') ? word.slice(1) : word).toLowerCase());
  return normal(negative ? -magnitude : magnitude);
}

function normal(value: bigint): number | bigint {
  const small = value <= BigInt(Number.MAX_SAFE_INTEGER) && value >= BigInt(-Number.MAX_SAFE_INTEGER);
  return small ? Number(value) : value;
}

function float(word: string): ReadNumber {
  const value = Number(word);
  if (Number.isFinite(value)) return { value: makeFloat(value) };
  const infinity = value > 0 ? '##Inf' : '##-Inf';
  return {
    problem: problem('E0107', `The number ${shown(word)} is too large for a float`, word, `Write \`${infinity}\` if infinity is meant.`),
  };
}

interface Mistake {
  readonly form: RegExp;
  readonly cure: (word: string) => string;
}

const MISTAKES: readonly Mistake[] = [
  { form: /^[+-]?[0-9]+N$/, cure: (word) => `Integers have any size here: write \`${word.slice(0, -1)}\`.` },
  { form: /^[+-]?[0-9.eE]+M$/, cure: () => 'There are no decimals of the form `1.5M`: write a float or an integer.' },
  { form: /^[+-]?[0-9]+\/[0-9]+$/, cure: (word) => `There are no ratios: write \`(/ ${word.replace('/', ' ')})\`.` },
  { form: /^[+-]?[0-9]+\.$/, cure: (word) => `Write \`${word}0\`, or \`${word.slice(0, -1)}\` for an integer.` },
  { form: /^[+-]?\.[0-9]+$/, cure: (word) => `Write \`${word.replace('.', '0.')}\`.` },
  { form: /^[+-]?[0-9][0-9_]*$/, cure: (word) => `Digits are not grouped: write \`${word.replaceAll('_', '')}\`.` },
  { form: /^[+-]?0[xX]/, cure: () => 'After `0x` only the digits 0–9 and a–f may follow.' },
  { form: /^[+-]?0[oO]/, cure: () => 'After `0o` only the digits 0–7 may follow.' },
  { form: /^[+-]?0[bB]/, cure: () => 'After `0b` only the digits 0 and 1 may follow.' },
  { form: /^[+-]?[0-9]+[rR][0-9a-zA-Z]+$/, cure: () => 'Other bases are written `0x…`, `0o…` and `0b…` only.' },
  { form: /^[+-]?[0-9]+(?:\.[0-9]+)?[eE][+-]?$/, cure: () => 'An exponent needs digits, as in `1e10`.' },
];

function explain(word: string): Problem {
  const mistake = MISTAKES.find(({ form }) => form.test(word));
  const cure = mistake?.cure(word) ?? 'A symbol cannot begin with a digit; put a space after the number if two things are meant.';
  return problem('E0107', `${shown(word)} is not a number`, word, cure);
}
