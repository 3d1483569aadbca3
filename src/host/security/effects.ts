/**
 * Effects: words for what a capability does to the world. Normal form: lower case, no colon. A dot narrows: `fs.read` is
 * an `fs`. An effect is *allowed* when an allowed one contains it, and *denied* when it and a denied one overlap.
 */
import { familyOf } from './resource.ts';

/** What is not known to be harmless: denied as soon as any effect is limited, unless it is allowed by this name. */
export const UNKNOWN_EFFECT = 'unknown';

/** The effects of the house's capabilities, by id or family: what counts when no manifest says it. */
const HOUSE_EFFECTS: ReadonlyMap<string, readonly string[]> = new Map([
  ['fs.read', ['fs.read']],
  ['fs.list', ['fs.read']],
  ['fs.exists', ['fs.read']],
  ['fs.write', ['fs.write']],
  ['fs.append', ['fs.write']],
  ['fs.delete', ['fs.write']],
  ['fs', ['fs']],
  ['http', ['network']],
  ['time', ['clock']],
  ['step', ['clock']],
  ['step.checkpoint', []],
  ['random', ['random']],
  ['uuid', ['random']],
  ['env', ['env']],
  ['secret', ['secret']],
  ['io', ['ui']],
  ['user', ['ui']],
]);

export function normalEffect(effect: string): string {
  const text = effect.trim();
  return (text.startsWith(':') ? text.slice(1) : text).toLowerCase();
}

/** Of a capability by its id. */
export function effectsOf(capability: string): readonly string[] {
  return HOUSE_EFFECTS.get(capability) ?? HOUSE_EFFECTS.get(familyOf(capability)) ?? [UNKNOWN_EFFECT];
}

export function containsEffect(outer: string, inner: string): boolean {
  return outer === inner || inner.startsWith(`${outer}.`);
}

export function overlaps(a: string, b: string): boolean {
  return containsEffect(a, b) || containsEffect(b, a);
}

/** Sorted, each once, without what another one contains. */
export function normalEffects(effects: readonly string[]): readonly string[] {
  const each = [...new Set(effects.map(normalEffect))].filter((one) => one !== '');
  return each.filter((one) => !each.some((other) => other !== one && containsEffect(other, one))).sort();
}

/** What both lists allow; null allows everything. */
export function commonEffects(a: readonly string[] | null, b: readonly string[] | null): readonly string[] | null {
  if (a === null || b === null) return a ?? b;
  return normalEffects(a.flatMap((one) => b.flatMap((other) => (containsEffect(one, other) ? [other] : containsEffect(other, one) ? [one] : []))));
}
