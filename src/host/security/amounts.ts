/** What budgets count, and amounts of it. */

/** Of calls: how many, what they cost, tokens of models, working time, bytes moved. */
export const AMOUNT_NAMES = ['calls', 'cost', 'tokens', 'time-ms', 'bytes'] as const;
export type AmountName = (typeof AMOUNT_NAMES)[number];

/** Whole numbers of at least 0. `cost` is in millionths of the operator's currency, so that it adds up exactly. */
export type Amounts = Readonly<Partial<Record<AmountName, number>>>;
