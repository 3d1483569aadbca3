/** Finds literal keys of a map, or literal elements of a set, that are written twice. Linear in the number of keys. */
import type { Form } from './form.ts';

/** Up to this many keys, comparing each with each beats building a table. */
const PAIRWISE_MAX = 8;

/** Calls `report` for each literal that equals an earlier one; looks at every `step`-th item. */
export function findRepeated(items: readonly Form[], step: 1 | 2, report: (first: Form, again: Form) => void): void {
  if (items.length <= PAIRWISE_MAX * step && allKeywords(items, step)) {
    findRepeatedKeywords(items, step, report);
    return;
  }
  const seen = new Map<unknown, Form>();
  for (let i = 0; i < items.length; i += step) {
    const form = items[i]!;
    const identity = identityOf(form);
    if (identity === undefined) continue;
    const first = seen.get(identity);
    if (first === undefined) seen.set(identity, form);
    else report(first, form);
  }
}

function allKeywords(items: readonly Form[], step: number): boolean {
  for (let i = 0; i < items.length; i += step) if (items[i]!.kind !== 'keyword') return false;
  return true;
}

function findRepeatedKeywords(items: readonly Form[], step: number, report: (first: Form, again: Form) => void): void {
  for (let i = step; i < items.length; i += step) {
    for (let j = 0; j < i; j += step) {
      const first = items[j]!;
      const again = items[i]!;
      if (first.kind !== 'keyword' || again.kind !== 'keyword' || first.name !== again.name) continue;
      report(first, again);
      break;
    }
  }
}

/** Equal for two literals exactly when they are one key; undefined for what is not a literal. */
function identityOf(form: Form): unknown {
  if (form.kind === 'keyword') return `:${form.name}`;
  if (form.kind !== 'atom') return undefined;
  const { value } = form;
  if (typeof value === 'string') return `"${value}`;
  if (typeof value !== 'object' || value === null) return value; // JavaScript's Map takes bigints by value, NaN as one
  switch (value.kind) {
    case 'float':
      return `f${value.value}`; // 0.0 and -0.0 are one key, and both give `f0`
    case 'timestamp':
      return `t${value.epochMs}`;
    case 'uuid':
      return `u${value.text}`;
    case 'resource':
      return `r${value.uri}`;
  }
}
