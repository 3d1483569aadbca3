/** `--limit name=value`: the text of a limit, read into a number. */
import { type Diagnostic, diagnostic, type Result } from '../diagnostic/diagnostic.ts';
import { suggest } from '../diagnostic/suggest.ts';
import { DEFAULT_LIMITS, limitLabel, type LimitName, type Limits } from '../evaluator/limits.ts';

const NAMES = Object.keys(DEFAULT_LIMITS) as LimitName[];

/** What the limits are about, in the order in which the help shows them. */
export const LIMIT_MEANINGS: Readonly<Record<LimitName, string>> = {
  fuel: 'steps: function calls, loop turns, elements that library functions walk',
  depth: 'calls that are open at the same time',
  allocation: 'elements put into collections and blocks of 8 characters built, in all',
  stringLength: 'characters (UTF-16) of one string',
  collectionSize: 'elements of one collection',
  integerDigits: 'digits of one integer',
  calls: 'calls of capabilities',
  contextDepth: 'steps, passes and branches that are open below one another',
  contextBytes: 'bytes of the keys and values in open contexts',
  branches: 'branches of one step',
  iterations: 'passes of one step-loop',
};

const LABELS: ReadonlyMap<string, LimitName> = new Map(NAMES.flatMap((name) => [[name, name], [limitLabel(name), name]] as const));

const SUFFIXES: Readonly<Record<string, bigint>> = {
  '': 1n, k: 1_000n, m: 1_000_000n, g: 1_000_000_000n, ki: 1024n, mi: 1024n ** 2n, gi: 1024n ** 3n,
};

/** `10000`, `10_000`, `1e6`, `64M`, `64Mi`, `1.5G`, times `unit`; null for anything else, and for what is no whole number above 0. */
export function parseAmount(text: string, unit = 1): number | null {
  const match = /^(\d[\d_]*)(?:\.(\d+))?(?:e(\d{1,2}))?([kmg]i?)?$/i.exec(text);
  if (match === null || match[1]!.endsWith('_')) return null;
  const [, whole = '', fraction = '', exponent = '0', suffix = ''] = match;
  const numerator = BigInt(whole.replaceAll('_', '') + fraction) * 10n ** BigInt(exponent) * SUFFIXES[suffix.toLowerCase()]! * BigInt(unit);
  const denominator = 10n ** BigInt(fraction.length);
  if (numerator % denominator !== 0n) return null;
  const amount = numerator / denominator;
  return amount > 0n && amount <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(amount) : null;
}

/** All of them, a later one for the same name taking its place; or everything that is wrong with any. */
export function parseLimits(texts: readonly string[]): Result<Partial<Limits>, readonly Diagnostic[]> {
  const limits: { -readonly [Name in LimitName]?: number } = {};
  const problems: Diagnostic[] = [];
  for (const text of texts) {
    const equals = text.indexOf('=');
    const label = equals < 0 ? text : text.slice(0, equals);
    const name = LABELS.get(label);
    const amount = equals < 0 ? null : parseAmount(text.slice(equals + 1));
    if (name === undefined) problems.push(unknownLimit(label));
    else if (amount === null) problems.push(badAmount(text, limitLabel(name)));
    else limits[name] = amount;
  }
  return problems.length === 0 ? { ok: true, value: limits } : { ok: false, error: problems };
}

function unknownLimit(label: string): Diagnostic {
  const labels = NAMES.map(limitLabel);
  const meant = suggest(label, labels);
  const help = meant.length > 0 ? `did you mean ${meant.join(' or ')}?` : `the limits are ${labels.join(', ')}`;
  return diagnostic('E0502', `there is no limit \`${label}\``, null, { help: [help] });
}

function badAmount(text: string, label: string): Diagnostic {
  return diagnostic('E0502', `\`${text}\` does not say how much`, null, { help: [`write a whole number above 0: ${label}=10_000, ${label}=1e6, ${label}=64M`] });
}
