/**
 * Content hashes of definitions (C1, CA-2).
 *
 * Definitions that refer to each other in a circle are hashed as one group. The order inside a group must not depend
 * on names or on the order in a file, so members are told apart by structure: start with each member's bytes in which
 * every reference inside the group is a hole; then again and again put the class of the target in the hole, until no
 * class splits any more. Members that never come apart behave alike; they are numbered by their class and share it.
 */
import type { ByteWriter } from '../value/binary.ts';
import { asciiBytes, sha256Hex } from '../value/hash.ts';
import { encodeGroup, encodeUnit } from './encode.ts';
import type { Definition } from './node.ts';
import { forEachNode } from './walk.ts';

/** Goes into every hash, so that hashes of other things and of other versions can never be equal to these. */
const DOMAIN = 'rtfs/code/1\0';

/** Gives every definition in `roots`, and every one they need that has none, its group and member number. */
export function hashDefinitions(roots: Iterable<Definition>): void {
  for (const group of stronglyConnected(roots)) {
    if (group.length === 1) hashSingle(group[0]!);
    else hashCycle(group);
  }
}

function hashSingle(definition: Definition): void {
  const members = [definition];
  const bytes = encodeGroup(members, (target, writer) => {
    if (target === definition) inside(writer, 0);
    else outside(writer, target);
  });
  assign(members, [0], members, hashBytes(bytes));
}

function hashCycle(group: readonly Definition[]): void {
  const classes = classify(group);
  const count = Math.max(...classes) + 1;
  // One definition stands for each class; equal ones are the same code.
  const representatives = Array.from({ length: count }, (_, index) => group[classes.indexOf(index)]!);
  const numbers = new Map(group.map((definition, index) => [definition, classes[index]!]));
  const bytes = encodeGroup(representatives, (target, writer) => {
    const number = numbers.get(target);
    if (number === undefined) outside(writer, target);
    else inside(writer, number);
  });
  assign(group, classes, representatives, hashBytes(bytes));
}

function assign(group: readonly Definition[], numbers: readonly number[], members: readonly Definition[], hash: string): void {
  group.forEach((definition, index) => {
    definition.group = hash;
    definition.member = numbers[index]!;
    definition.members = members;
  });
}

/** For each member the number of its class, classes numbered in the order of their bytes. */
function classify(group: readonly Definition[]): number[] {
  let classes = group.map(() => 0);
  let count = 1;
  for (;;) {
    const current = classes;
    const keys = group.map((definition) => classKey(definition, group, current));
    const distinct = [...new Set(keys)].sort();
    const next = keys.map((key) => distinct.indexOf(key));
    classes = next;
    if (distinct.length === count) return classes;
    count = distinct.length;
  }
}

function classKey(definition: Definition, group: readonly Definition[], classes: readonly number[]): string {
  const bytes = encodeUnit(definition.unit, (target, writer) => {
    const index = group.indexOf(target);
    if (index < 0) outside(writer, target);
    else inside(writer, classes[index]!);
  });
  // The class so far leads the key, so that classes only ever split.
  return `${String(classes[group.indexOf(definition)]!).padStart(9, '0')} ${hashBytes(bytes)}`;
}

function inside(writer: ByteWriter, member: number): void {
  writer.byte(0);
  writer.varint(member);
}

function outside(writer: ByteWriter, target: Definition): void {
  writer.byte(1);
  for (let i = 0; i < 64; i += 2) writer.byte(Number.parseInt(target.group.slice(i, i + 2), 16));
  writer.varint(target.member);
}

/** The bytes that a hashed definition's group is stored as. */
export function groupBytes(definition: Definition): Uint8Array {
  return encodeGroup(definition.members, (target, writer) => {
    if (target.group === definition.group) inside(writer, target.member);
    else outside(writer, target);
  });
}

/** The hash of a group's bytes, as 64 hexadecimal digits. */
export function hashBytes(bytes: Uint8Array): string {
  return sha256Hex(asciiBytes(DOMAIN), bytes);
}

// --- which definitions belong together ---------------------------------------------------------------------------

interface Visit {
  readonly definition: Definition;
  readonly needs: readonly Definition[];
  next: number;
  index: number;
  low: number;
}

/** Tarjan's algorithm with an explicit stack: groups come after all groups that they need. */
function* stronglyConnected(roots: Iterable<Definition>): IterableIterator<readonly Definition[]> {
  const seen = new Map<Definition, Visit>();
  const open: Definition[] = [];
  const isOpen = new Set<Definition>();
  let counter = 0;
  const begin = (definition: Definition): Visit => {
    const visit: Visit = { definition, needs: references(definition), next: 0, index: counter, low: counter };
    counter += 1;
    seen.set(definition, visit);
    open.push(definition);
    isOpen.add(definition);
    return visit;
  };
  for (const root of roots) {
    if (root.group !== '' || seen.has(root)) continue;
    const path: Visit[] = [begin(root)];
    while (path.length > 0) {
      const visit = path[path.length - 1]!;
      const need = visit.needs[visit.next];
      if (need !== undefined) {
        visit.next += 1;
        const known = seen.get(need);
        if (known === undefined) path.push(begin(need));
        else if (isOpen.has(need)) visit.low = Math.min(visit.low, known.index);
        continue;
      }
      path.pop();
      const below = path[path.length - 1];
      if (below !== undefined) below.low = Math.min(below.low, visit.low);
      if (visit.low !== visit.index) continue;
      const group = open.splice(open.lastIndexOf(visit.definition));
      for (const member of group) isOpen.delete(member);
      yield group;
    }
  }
}

/** The definitions without a hash that this one's code refers to. */
function references(definition: Definition): Definition[] {
  const found = new Set<Definition>();
  forEachNode(definition.unit, (node) => {
    if (node.kind === 'definition' && node.definition.group === '') found.add(node.definition);
  });
  return [...found];
}
