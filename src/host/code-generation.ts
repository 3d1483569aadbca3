/** Whether this engine lets text become code, which pages and workers may forbid; and the compiled tier where it does. */
import type { CodeTable } from '../evaluator/code.ts';
import { CompiledTier, SourceCache, type TierOptions } from '../evaluator/compiled/tier.ts';
import type { Tier } from '../evaluator/tier.ts';

/** machine: everything is interpreted · compiled: everything is compiled when it is first called · auto: what is called often. */
export type TierName = 'machine' | 'compiled' | 'auto';

type Options = Omit<TierOptions, 'makeFunction' | 'cache'>;

/** Makes the tier of a table; undefined where nothing is to be compiled, or the engine does not allow it. */
export function tierMaker(name: TierName = 'auto', options: Options = {}): ((table: CodeTable) => Tier) | undefined {
  if (name === 'machine' || !allowsCode()) return undefined;
  const threshold = name === 'compiled' ? { threshold: 0 } : {};
  const cache = new SourceCache();
  return (table) => new CompiledTier(table, { ...threshold, cache, ...options, makeFunction });
}

function makeFunction(parameters: readonly string[], body: string): (...args: unknown[]) => unknown {
  return new Function(...parameters, body) as (...args: unknown[]) => unknown;
}

function allowsCode(): boolean {
  try {
    return makeFunction([], 'return true;')() === true;
  } catch {
    return false;
  }
}
