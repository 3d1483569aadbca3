/** What budgets count, and amounts of it. */
import { MapValue } from '../value/map.ts';
import { Keyword, keyword, type Value } from '../value/value.ts';

/** Of calls: how many, what they cost, tokens of models, working time, bytes moved. */
export const AMOUNT_NAMES = ['calls', 'cost', 'tokens', 'time-ms', 'bytes'] as const;
export type AmountName = (typeof AMOUNT_NAMES)[number];

/** Whole numbers of at least 0. `cost` is in millionths of the operator's currency, so that it adds up exactly. */
export type Amounts = Readonly<Partial<Record<AmountName, number>>>;

/** `cost` is counted in them. */
export const MILLIONTHS = 1_000_000;

/** An amount in the operator's currency, in millionths: what is less than one of them counts as one. */
export function millionths(amount: number): number {
  const exact = amount * MILLIONTHS;
  const nearest = Math.round(exact);
  // 0.07 is 70000.00000000001 millionths for the machine.
  const whole = Math.abs(exact - nearest) <= 1e-6 + exact * 1e-12 ? nearest : Math.ceil(exact);
  return Number.isNaN(whole) ? 0 : Math.max(0, Math.min(Number.MAX_SAFE_INTEGER, whole));
}

export function amountsValue(amounts: Amounts): MapValue {
  return MapValue.from(Object.entries(amounts).map(([name, amount]) => [keyword(name), amount]));
}

/** Undefined when there are none. */
export function softValue(soft: Amounts = {}): MapValue | undefined {
  return Object.keys(soft).length === 0 ? undefined : amountsValue(soft);
}

/** Null for what is no such value. */
export function readAmounts(value: Value | undefined): Amounts | null {
  if (!(value instanceof MapValue)) return null;
  const amounts: { [Name in AmountName]?: number } = {};
  for (const [key, amount] of value) {
    const name = AMOUNT_NAMES.find((one) => key instanceof Keyword && key.name === one);
    if (name === undefined || typeof amount !== 'number' || !Number.isSafeInteger(amount) || amount < 0) return null;
    amounts[name] = amount;
  }
  return amounts;
}

/** An amount as it is written: `cost` in the operator's currency. */
export function inUnits(name: AmountName, amount: number): number {
  return name === 'cost' ? amount / MILLIONTHS : amount;
}

/** The amounts as people read them: `calls 6 of 10 (more than 5), cost 0.25`, where 5 is a soft amount. Empty when nothing is counted. */
export function amountsText(used: Amounts, grant: Amounts, soft: Amounts): string {
  const more = (name: AmountName): string => (soft[name] === undefined || (used[name] ?? 0) <= soft[name] ? '' : ` (more than ${inUnits(name, soft[name])})`);
  const of = (name: AmountName): string => `${grant[name] === undefined ? '' : ` of ${inUnits(name, grant[name])}`}${more(name)}`;
  return AMOUNT_NAMES.filter((name) => (used[name] ?? 0) > 0 || grant[name] !== undefined).map((name) => `${name} ${inUnits(name, used[name] ?? 0)}${of(name)}`).join(', ');
}
