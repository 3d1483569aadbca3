/** `--budget calls=100,cost=2.5`: texts of amounts, read into a budget. */
import { type Diagnostic, diagnostic, type Result } from '../diagnostic/diagnostic.ts';
import { suggest } from '../diagnostic/suggest.ts';
import { AMOUNT_NAMES, type AmountName, type Amounts, MILLIONTHS } from '../host/amounts.ts';
import { parseAmount } from './limit.ts';

/** What budgets are about, in the order in which the help shows them. */
export const BUDGET_MEANINGS: Readonly<Record<AmountName, string>> = {
  'calls': 'calls of capabilities, each attempt at one',
  'cost': 'money, in the unit of the prices of models and capabilities: cost=2.5',
  'tokens': 'tokens of models',
  'time-ms': 'milliseconds that capabilities work; waiting for time or people is no work',
  'bytes': 'bytes of the arguments and answers of calls',
};

/** All of them, a later one for the same name taking its place; or everything that is wrong with any. */
export function parseBudget(texts: readonly string[]): Result<Amounts, readonly Diagnostic[]> {
  const amounts: { [Name in AmountName]?: number } = {};
  const problems: Diagnostic[] = [];
  for (const text of texts.flatMap((one) => one.split(','))) {
    const [label = '', written] = text.split('=');
    const name = AMOUNT_NAMES.find((one) => one === label.trim());
    const amount = name === undefined || written === undefined ? null : amountIn(written.trim(), name);
    if (name === undefined) problems.push(unknownBudget(label));
    else if (amount === null) problems.push(diagnostic('E0502', `\`${text}\` does not say how much`, null, { help: [name === 'cost' ? 'write a number: cost=2.5' : `write a whole number: ${name}=100, ${name}=10_000, ${name}=1M`] }));
    else amounts[name] = amount;
  }
  return problems.length === 0 ? { ok: true, value: amounts } : { ok: false, error: problems };
}

function amountIn(text: string, name: AmountName): number | null {
  if (/^0+(\.0+)?$/.test(text)) return 0;
  return parseAmount(text, name === 'cost' ? MILLIONTHS : 1);
}

function unknownBudget(label: string): Diagnostic {
  const meant = suggest(label, AMOUNT_NAMES);
  return diagnostic('E0502', `there is no budget \`${label}\``, null, { help: [meant.length > 0 ? `did you mean ${meant.join(' or ')}?` : `budgets are ${AMOUNT_NAMES.join(', ')}`] });
}
