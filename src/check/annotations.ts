/**
 * Values that can never have the type that is asked of them (W0612): literals, and what annotations and annotated
 * functions promise, against annotations and the parameters of functions that are called by name. What is not known is not
 * guessed: a warning stands only where no value would pass.
 */
import { type Diagnostic, diagnostic } from '../diagnostic/diagnostic.ts';
import type { Arm, Definition, Node } from '../ir/node.ts';
import { valType } from '../ir/type.ts';
import { printType } from '../ir/type-text.ts';
import { forEachNode } from '../ir/walk.ts';
import { printBrief } from '../value/print.ts';
import type { Value } from '../value/value.ts';
import { isCompatible } from './subtype.ts';

const SHOWN_MAX = 60;

/** Warnings about each definition's code. */
export function lintAnnotations(definitions: Iterable<Definition>): readonly Diagnostic[] {
  const findings: Diagnostic[] = [];
  for (const { unit } of definitions) forEachNode(unit, (node) => void findings.push(...findingsAt(node)));
  return findings;
}

function findingsAt(node: Node): readonly Diagnostic[] {
  const cast = castOf(node);
  if (cast !== null) return never(cast.value, cast.type, 'its annotation asks for');
  if (node.kind !== 'call' || node.fn.kind !== 'definition') return [];
  const { definition } = node.fn;
  const arm = armFor(definition, node.args.length);
  if (arm === null) return [];
  const types = parameterTypes(arm);
  return node.args.flatMap((arg, index) => {
    const type = types.get(index);
    return type === undefined ? [] : never(arg, type, `\`${definition.name}\` takes`);
  });
}

function never(node: Node, type: Value, who: string): readonly Diagnostic[] {
  const value = lastOf(node);
  const known = knownType(value);
  if (known === null || isCompatible(known, type)) return [];
  const found = value.kind === 'const' ? printBrief(value.value, SHOWN_MAX) : `a value of the type \`${printType(known, SHOWN_MAX)}\``;
  return [diagnostic('W0612', `this can never be what ${who}`, value.span, { severity: 'warning', expected: `\`${printType(type, SHOWN_MAX)}\``, found })];
}

/** The node that gives the node its value. */
function lastOf(node: Node): Node {
  let at = node;
  while (at.kind === 'do' || at.kind === 'let') at = at.kind === 'do' ? at.body[at.body.length - 1]! : at.body;
  return at;
}

/** The type that the value has in any case; null when nothing is known. */
function knownType(node: Node): Value | null {
  if (node.kind === 'const') return valType(node.value);
  if (node.kind === 'call' && node.fn.kind === 'definition') return resultType(armFor(node.fn.definition, node.args.length));
  return castOf(node)?.type ?? null;
}

interface Cast {
  readonly type: Value;
  readonly value: Node;
}

/** An annotation, as it was lowered. */
function castOf(node: Node): Cast | null {
  if (node.kind !== 'primitive-call' || node.name !== '%check') return null;
  const [type, value] = node.args;
  return type?.kind === 'const' && value !== undefined ? { type: type.value, value } : null;
}

function armFor({ unit }: Definition, count: number): Arm | null {
  return unit.arms.find((arm) => arm.required === count && !arm.variadic) ?? unit.arms.find((arm) => arm.variadic && arm.required <= count) ?? null;
}

/** The annotations of parameters, by index: a function begins with them. */
function parameterTypes(arm: Arm): ReadonlyMap<number, Value> {
  const types = new Map<number, Value>();
  for (const { slot, value } of arm.body.kind === 'let' ? arm.body.bindings : []) {
    const cast = castOf(value);
    if (cast !== null && slot < arm.required && cast.value.kind === 'local' && cast.value.slot === slot) types.set(slot, cast.type);
  }
  return types;
}

function resultType(arm: Arm | null): Value | null {
  if (arm === null) return null;
  const result = arm.body.kind === 'let' ? arm.body.body : arm.body;
  return castOf(result)?.type ?? null;
}
