/**
 * Names inside a definition: which slot, capture or sibling a local name means.
 *
 * A scope is a linked list of bindings, innermost first; it never changes, so a function that is lowered later still
 * sees exactly the names of the place where it was written. A unit asks its letrec group for captures; the group asks
 * the unit that creates it; so a variable travels through every function between its binding and its use.
 */
import type { Span } from '../diagnostic/span.ts';
import type { Node } from '../ir/node.ts';

export interface LocalBinding {
  readonly name: string;
  readonly owner: UnitBuilder;
  readonly slot: number;
  /** For functions of a letrec group: seen from inside the group they are siblings. */
  readonly group: GroupBuilder | null;
  readonly member: number;
  /** False while a function that needs later definitions does not exist yet. */
  ready: boolean;
  used: boolean;
  readonly span: Span | null;
}

export interface Scope {
  readonly binding: LocalBinding;
  readonly parent: Scope | null;
}

export function findLocal(scope: Scope | null, name: string): LocalBinding | null {
  for (let at = scope; at !== null; at = at.parent) if (at.binding.name === name) return at.binding;
  return null;
}

/** All names that can be seen, for suggestions. */
export function visibleNames(scope: Scope | null): string[] {
  const names = new Set<string>();
  for (let at = scope; at !== null; at = at.parent) names.add(at.binding.name);
  return [...names];
}

/** Functions created together, sharing one list of captures. */
export class GroupBuilder {
  readonly creator: UnitBuilder | null;
  readonly captures: Node[] = [];
  /** Made with the first capture: most functions have none. */
  private indexes: Map<LocalBinding, number> | null = null;

  constructor(creator: UnitBuilder | null) {
    this.creator = creator;
  }

  captureIndex(binding: LocalBinding): number {
    this.indexes ??= new Map();
    const known = this.indexes.get(binding);
    if (known !== undefined) return known;
    const node = referTo(this.creator!, binding, null);
    const index = this.captures.length;
    this.captures.push(node);
    this.indexes.set(binding, index);
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

/** The node that reads `binding` inside `unit`. */
export function referTo(unit: UnitBuilder, binding: LocalBinding, span: Span | null): Node {
  if (binding.owner === unit) return { kind: 'local', slot: binding.slot, span };
  if (binding.group !== null && binding.group === unit.group) return { kind: 'sibling', member: binding.member, span };
  return { kind: 'capture', index: unit.group.captureIndex(binding), span };
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
}

// Written out field by field a place is cheaper than a spread, and all of them have one shape.

/** Where forms at the top of a unit stand, which see no names but global ones. */
export function outermost(unit: UnitBuilder): Place {
  return { unit, scope: null, loop: null, tail: false };
}

/** The same place for a sub-expression whose value is used further. */
export function inner(place: Place): Place {
  return place.loop === null && !place.tail ? place : { unit: place.unit, scope: place.scope, loop: null, tail: false };
}

/** The same place where other names can be seen. */
export function seeing(place: Place, scope: Scope | null): Place {
  return place.scope === scope ? place : { unit: place.unit, scope, loop: place.loop, tail: place.tail };
}
