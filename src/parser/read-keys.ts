/**
 * Finds literal keys of a map, or literal elements of a set, that are written twice.
 *
 * Equal literals get the same number: that of an atom by its value, that of a collection by the numbers of what is in
 * it. Each form gets its number once, so the whole is about linear in the text, however keys are nested in keys.
 */
import type { AtomForm, Form } from './form.ts';

/** Up to this many keys, comparing each with each beats building a table. */
const PAIRWISE_MAX = 8;

export class RepeatedKeys {
  /** What two equal literals have in common → their number. */
  private readonly numbers = new Map<unknown, number>();
  /** Numbers of the collections that were looked at; null for one that is not literal throughout. */
  private readonly collections = new WeakMap<Form, number | null>();

  /** Calls `report` for each literal that equals an earlier one; looks at every `step`-th item. */
  find(items: readonly Form[], step: 1 | 2, report: (first: Form, again: Form) => void): void {
    if (items.length <= step) return;
    if (items.length <= PAIRWISE_MAX * step && allKeywords(items, step)) {
      findRepeatedKeywords(items, step, report);
      return;
    }
    const seen = new Map<number, Form>();
    for (let i = 0; i < items.length; i += step) {
      const form = items[i]!;
      const number = this.numberOf(form);
      if (number === null) continue;
      const first = seen.get(number);
      if (first === undefined) seen.set(number, form);
      else report(first, form);
    }
  }

  private numberOf(form: Form): number | null {
    if (form.kind === 'symbol') return null;
    if (form.kind === 'keyword') return this.number(`:${form.name}`);
    if (form.kind === 'atom') return this.number(atomIdentity(form));
    const known = this.collections.get(form);
    return known !== undefined ? known : this.numberCollection(form);
  }

  private number(identity: unknown): number {
    let number = this.numbers.get(identity);
    if (number === undefined) this.numbers.set(identity, (number = this.numbers.size));
    return number;
  }

  /** What is inside gets its number first; the stack is our own. */
  private numberCollection(root: CollectionForm): number | null {
    const open: CollectionForm[] = [root];
    while (open.length > 0) {
      const form = open[open.length - 1]!;
      const inner = form.items.find((item): item is CollectionForm => 'items' in item && !this.collections.has(item));
      if (inner !== undefined && form.kind !== 'list') {
        for (const item of form.items) if ('items' in item && !this.collections.has(item)) open.push(item);
        continue;
      }
      open.pop();
      if (!this.collections.has(form)) this.collections.set(form, this.combine(form));
    }
    return this.collections.get(root)!;
  }

  /** A list is a call, not a literal. */
  private combine(form: CollectionForm): number | null {
    if (form.kind === 'list') return null;
    const parts: number[] = [];
    for (const item of form.items) {
      const part = this.numberOf(item);
      if (part === null) return null;
      parts.push(part);
    }
    switch (form.kind) {
      case 'vector':
        return this.number(`[${parts.join()}`);
      case 'set':
        return this.number(`#${parts.sort((a, b) => a - b).join()}`);
      case 'map':
        return this.number(`{${entriesOf(parts).sort().join()}`);
    }
  }
}

type CollectionForm = Extract<Form, { readonly items: readonly Form[] }>;

function entriesOf(parts: readonly number[]): string[] {
  const entries: string[] = [];
  for (let i = 0; i + 1 < parts.length; i += 2) entries.push(`${parts[i]} ${parts[i + 1]}`);
  return entries;
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

/** Equal for two atoms exactly when they are one key. */
function atomIdentity({ value }: AtomForm): unknown {
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
