/** The hints of a call, read from its options. */
import { HINT_NAMES, hintKey, type HintName, readHint } from '../../ir/hints.ts';
import { MapValue } from '../../value/map.ts';
import { Float, Keyword, keyword, type Value } from '../../value/value.ts';
import { argumentFailure } from '../failure.ts';
import type { HostCall } from '../port.ts';

export interface Hints {
  readonly metrics?: { readonly label: string; readonly emitToChain: boolean; readonly trackPercentiles: boolean };
  readonly cache?: { readonly ttlMs: number; readonly maxEntries: number };
  readonly circuitBreaker?: { readonly failureThreshold: number; readonly cooldownMs: number; readonly successThreshold: number };
  readonly rateLimit?: { readonly perSecond: number; readonly burst: number };
  readonly retry?: { readonly maxRetries: number; readonly backoffMs: number; readonly multiplier: number; readonly maxBackoffMs: number };
  readonly timeout?: { readonly absoluteMs: number };
  readonly fallback?: { readonly capability: string; readonly reason: string | null; readonly passArgs: boolean };
}

/** Null when the call has none. Throws a `HostFailure` for values that mean nothing. */
export function hintsOf(call: Pick<HostCall, 'capability' | 'options'>): Hints | null {
  const { options, capability } = call;
  if (!(options instanceof MapValue)) return null;
  const found = new Map<HintName, ReadonlyMap<string, Value>>();
  for (const name of HINT_NAMES) {
    const { fields, fault } = readHint(name, options.get(keyword(hintKey(name))) ?? null);
    if (fault !== null) throw argumentFailure(capability, `${fault.key === null ? '' : `:${fault.key} of `}the hint :${hintKey(name)} must be ${fault.wanted}`);
    if (fields !== null) found.set(name, fields);
  }
  return found.size === 0 ? null : hintsFrom(found, capability);
}

function hintsFrom(found: ReadonlyMap<HintName, ReadonlyMap<string, Value>>, capability: string): Hints {
  const get = <Made>(name: HintName, make: (fields: Fields) => Made): Made | undefined => {
    const fields = found.get(name);
    return fields === undefined ? undefined : make(new Fields(fields));
  };
  const all = {
    metrics: get('metrics', (of) => ({ label: of.name('label') ?? capability, emitToChain: of.flag('emit-to-chain'), trackPercentiles: of.flag('track-percentiles') })),
    cache: get('cache', (of) => ({ ttlMs: of.number('ttl-ms'), maxEntries: of.number('max-entries') })),
    circuitBreaker: get('circuit-breaker', (of) => ({ failureThreshold: of.number('failure-threshold'), cooldownMs: of.number('cooldown-ms'), successThreshold: of.number('success-threshold') })),
    rateLimit: get('rate-limit', (of) => ({ perSecond: of.number('requests-per-second'), burst: of.number('burst') })),
    retry: get('retry', (of) => ({ maxRetries: of.number('max-retries'), backoffMs: of.number('backoff-ms'), multiplier: of.number('backoff-multiplier'), maxBackoffMs: of.number('max-backoff-ms') })),
    timeout: get('timeout', (of) => ({ absoluteMs: of.number('absolute-ms') })),
    fallback: get('fallback', (of) => ({ capability: of.name('capability') ?? '', reason: of.name('reason'), passArgs: of.flag('pass-original-args') })),
  };
  return Object.fromEntries(Object.entries(all).filter(([, hint]) => hint !== undefined)) as Hints;
}

/** Values that `readHint` has found right. */
class Fields {
  private readonly fields: ReadonlyMap<string, Value>;

  constructor(fields: ReadonlyMap<string, Value>) {
    this.fields = fields;
  }

  number(name: string): number {
    const value = this.fields.get(name) ?? 0;
    return value instanceof Float ? value.value : Number(value);
  }

  flag(name: string): boolean {
    return this.fields.get(name) === true;
  }

  name(name: string): string | null {
    const value = this.fields.get(name) ?? null;
    return value instanceof Keyword ? value.name : typeof value === 'string' ? value : null;
  }
}
