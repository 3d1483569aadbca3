/** The capabilities that a host has, by id and by alias. */
import type { Capability, CapabilityRegistry } from './port.ts';

/**
 * A later capability with the id of an earlier one takes its place. An alias whose capability is absent is absent too. `more` finds
 * those that cannot be listed.
 */
export function capabilityRegistry(
  capabilities: readonly Capability[],
  aliases: ReadonlyMap<string, string>,
  more: (id: string) => Capability | undefined = () => undefined,
): CapabilityRegistry {
  const byId = new Map(capabilities.map((capability) => [capability.id, capability]));
  const known = [...aliases].filter(([alias, id]) => byId.has(id) && !byId.has(alias));
  const idOf = new Map(known);
  const names = [...byId.keys(), ...idOf.keys()].sort();
  return { find: (id) => byId.get(idOf.get(id) ?? id) ?? more(id), names: () => names };
}
