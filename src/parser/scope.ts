/**
 * Names inside a definition: which slot, capture or sibling a local name means.
 *
 * A scope is a linked list of bindings, innermost first; it never changes, so a function that is lowered later still
 * sees exactly the names of the place where it was written. A unit asks its letrec group for captures; the group asks
 * the unit that creates it; so a variable travels through every function between its binding and its use.
 */
import type { Span } from '../diagnostic/span.ts';
import type { Node } from '../ir/node.ts';

/** A name that can be seen, and the names around it. One object for both: most of what lowering makes and throws away were these two. */
export interface Scope {
  readonly name: string;
  readonly owner: UnitBuilder;
  readonly slot: number;
  /** For functions of a letrec group; null for all other names. */
  readonly member: GroupMember | null;
  /** The entry that this one repeats among other names, if any. */
  readonly origin: Scope | null;
  readonly parent: Scope | null;
}

/** Seen from inside its group the function is a sibling. */
export interface GroupMember {
  readonly group: GroupBuilder;
  readonly number: number;
  /** False while a function that needs later definitions does not exist yet. */
  ready: boolean;
}

/** `parent` and one name more, which stands for what is in the slot. */
export function naming(name: string, owner: UnitBuilder, slot: number, parent: Scope | null): Scope {
  return { name, owner, slot, member: null, origin: null, parent };
}

/** `parent` and the name of one function more. */
export function namingMember(name: string, owner: UnitBuilder, slot: number, member: GroupMember, parent: Scope | null): Scope {
  return { name, owner, slot, member, origin: null, parent };
}

/** `parent` and what `entry` names, which stays the same variable. */
export function repeating(entry: Scope, parent: Scope | null): Scope {
  const { name, owner, slot, member } = entry;
  return { name, owner, slot, member, origin: entry.origin ?? entry, parent };
}

export function findLocal(scope: Scope | null, name: string): Scope | null {
  for (let at = scope; at !== null; at = at.parent) if (at.name === name) return at;
  return null;
}

/** All names that can be seen, for suggestions. */
export function visibleNames(scope: Scope | null): string[] {
  const names = new Set<string>();
  for (let at = scope; at !== null; at = at.parent) names.add(at.name);
  return [...names];
}

const NO_CAPTURES: readonly Node[] = [];

/** Functions created together, sharing one list of captures. */
export class GroupBuilder {
  readonly creator: UnitBuilder | null;
  // Made with the first capture: most functions have none.
  private nodes: Node[] | null = null;
  private indexes: Map<object, number> | null = null;

  constructor(creator: UnitBuilder | null) {
    this.creator = creator;
  }

  /** All, when the functions are built. */
  get captures(): readonly Node[] {
    return this.nodes ?? NO_CAPTURES;
  }

  captureIndex(local: Scope): number {
    this.nodes ??= [];
    this.indexes ??= new Map();
    const variable = local.origin ?? local;
    const known = this.indexes.get(variable);
    if (known !== undefined) return known;
    const node = referTo(this.creator!, local, null);
    const index = this.nodes.length;
    this.nodes.push(node);
    this.indexes.set(variable, index);
    return index;
  }
}

/** The unit being built. Slots are handed out like a stack, anew for each arm. */
export class UnitBuilder {
  readonly name: string | null;
  readonly group: GroupBuilder;
  private next = 0;
  private most = 0;
  /** Loops open around the place being lowered, in the current arm. */
  loops = 0;

  constructor(name: string | null, group: GroupBuilder) {
    this.name = name;
    this.group = group;
  }

  beginArm(): void {
    this.next = 0;
    this.most = 0;
    this.loops = 0;
  }

  /** How many slots the arm needs. */
  get slots(): number {
    return this.most;
  }

  allocate(): number {
    const slot = this.next++;
    if (this.next > this.most) this.most = this.next;
    return slot;
  }

  mark(): number {
    return this.next;
  }

  release(mark: number): void {
    this.next = mark;
  }
}

/** The node that reads `local` inside `unit`. */
export function referTo(unit: UnitBuilder, local: Scope, span: Span | null): Node {
  if (local.owner === unit) return { kind: 'local', slot: local.slot, span };
  const { member } = local;
  if (member !== null && member.group === unit.group) return { kind: 'sibling', member: member.number, span };
  return { kind: 'capture', index: unit.group.captureIndex(local), span };
}

/** Where `recur` goes. */
export interface RecurTarget {
  readonly slots: readonly number[];
  readonly index: number;
}

/** The place of a form: what is around it. How deeply it is nested the `Lowering` knows: else each list would need a place of its own. */
export interface Place {
  readonly unit: UnitBuilder;
  readonly scope: Scope | null;
  /** Non-null when `recur` is allowed right here. */
  readonly loop: RecurTarget | null;
  /** Whether the form's value is the function's value. */
  readonly tail: boolean;
  /** What `inner` gives for this place, once somebody has asked. */
  within: Place | null;
}

// All places are made here: written out field by field one is cheaper than a spread, and all of them have one shape.

/** Where forms at the top of a unit stand, which see no names but global ones, or those of `scope`. */
export function outermost(unit: UnitBuilder, scope: Scope | null = null): Place {
  return { unit, scope, loop: null, tail: false, within: null };
}

/** The body of a function or loop. */
export function bodyOf(unit: UnitBuilder, scope: Scope | null, loop: RecurTarget, tail: boolean): Place {
  return { unit, scope, loop, tail, within: null };
}

/** The same place for a sub-expression whose value is used further. */
export function inner(place: Place): Place {
  if (place.loop === null && !place.tail) return place;
  return (place.within ??= { unit: place.unit, scope: place.scope, loop: null, tail: false, within: null });
}

/** The same place where other names can be seen. */
export function seeing(place: Place, scope: Scope | null): Place {
  return place.scope === scope ? place : { unit: place.unit, scope, loop: place.loop, tail: place.tail, within: null };
}
