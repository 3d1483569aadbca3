/**
 * Values against types: does this value have that type, and if not, where and why. The walk itself is in
 * `validate-walk.ts`, what can be told at one look in `validate-flat.ts`, the words in `violation.ts`.
 */
import { matchesPrimitive } from '../ir/type-primitive.ts';
import { type TypeGraph, viewType } from '../ir/type-view.ts';
import type { Value } from '../value/value.ts';
import { Vector } from '../value/vector.ts';
import type { Meter } from './limits.ts';
import { chargeFuel, raise, raiseType } from './raise.ts';
import type { ValidationServices } from './validate-flat.ts';
import { Walk } from './validate-walk.ts';
import { failedField, requiredField } from './violation.ts';

/** Checks values; remembers the types it has read. One for each kernel. */
export class Validator {
  private readonly services: ValidationServices;
  private readonly graphs = new WeakMap<Vector, TypeGraph>();

  constructor(services: ValidationServices) {
    this.services = services;
  }

  /** Null when the value has the type, else what is wrong. */
  validate(type: Value, value: Value, meter: Meter): string | null {
    if (typeof type === 'object' && type !== null && type.kind === 'keyword' && matchesPrimitive(type.name, value)) return null;
    const graph = this.graphOf(type);
    return new Walk(graph.recursive, this.services, meter).run(graph.root, value);
  }

  /** The same for the map that a struct is made from, in the words of structs. */
  validateStruct(type: Value, value: Value, meter: Meter): string | null {
    const { root, recursive } = this.graphOf(type);
    if (root.kind !== 'record') return raise('internal', 'Internal error: the type of a struct is no struct');
    if (typeof value !== 'object' || value === null || value.kind !== 'map') return raiseType(root.name ?? 'struct', 'map', value);
    chargeFuel(meter, root.entries.length);
    for (const { key, optional, view } of root.entries) {
      const field = value.get(key);
      if (field === undefined) {
        if (!optional) return requiredField(key);
        continue;
      }
      const violation = new Walk(recursive, this.services, meter).run(view, field);
      if (violation !== null) return failedField(key, violation);
    }
    return null;
  }

  private graphOf(type: Value): TypeGraph {
    const known = type instanceof Vector ? this.graphs.get(type) : undefined;
    if (known !== undefined) return known;
    const graph = viewType(type);
    if (graph === null) return raise('internal', 'Internal error: malformed type');
    if (type instanceof Vector) this.graphs.set(type, graph);
    return graph;
  }
}
