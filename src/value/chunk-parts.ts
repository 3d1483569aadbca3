/** Values as stretches of text, so that the parts of them that have not changed are recognised. */
import * as tag from './bytes-tags.ts';
import { Cells, elements } from './chunk-elements.ts';
import { MapStretch, NodeStretch } from './chunk-entries.ts';
import { TREE_SET } from './chunk-format.ts';
import type { ChunkMemory, Known } from './chunk-memory.ts';
import { byPosition, type HeadWriter, Items, type Part, type Parts, Stretch } from './chunk-stretch.ts';
import type { List } from './list.ts';
import type { MapValue } from './map.ts';
import type { SetValue } from './set.ts';
import type { Closure, ErrorValue, Value } from './value.ts';
import type { Vector } from './vector.ts';

type Composite = List | Vector | MapValue | SetValue | Closure | ErrorValue;

export function isComposite(value: Value): value is Composite {
  if (typeof value !== 'object' || value === null) return false;
  switch (value.kind) {
    case 'list':
    case 'vector':
    case 'map':
    case 'set':
      return value.size > 0;
    case 'function':
      return !value.primitive;
    default:
      return value.kind === 'error';
  }
}

export function stretchOf(value: Composite, memory: ChunkMemory): Stretch {
  switch (value.kind) {
    case 'vector':
      return new ValueStretch(value, memory, elements(value, 0, memory), (out) => out.sized(tag.VECTOR, value.size));
    case 'list':
      return new ValueStretch(value, memory, new Cells(value, memory), (out) => out.sized(tag.LIST, value.size));
    case 'map':
      return new MapStretch(value, memory, null);
    case 'set':
      return value.map.root.leaf
        ? new ValueStretch(value, memory, new Items(value.map.root.keys), (out) => out.sized(tag.SET, value.size))
        : new ValueStretch(value, memory, new Items([new NodeStretch(value.map.root, true, memory, null)]), (out) => out.byte(TREE_SET));
    case 'error':
      return new ValueStretch(value, memory, new Items([value.type, value.message, value.data, value.span, value.stack]), (out) => out.byte(tag.ERROR));
    case 'function':
      return new ValueStretch(value, memory, new Items(value.captures), (out) => {
        out.byte(tag.CLOSURE);
        out.varint(value.code.unit);
        out.group(value.code.group);
        out.varint(value.captures.length);
      });
  }
}

/** A value of the language. */
class ValueStretch extends Stretch {
  private readonly value: Composite;
  private readonly memory: ChunkMemory;
  private readonly parts: Parts;
  private readonly writeHead: (out: HeadWriter) => void;

  constructor(value: Composite, memory: ChunkMemory, parts: Parts, writeHead: (out: HeadWriter) => void) {
    super();
    this.value = value;
    this.memory = memory;
    this.parts = parts;
    this.writeHead = writeHead;
  }

  override head(out: HeadWriter): void {
    this.writeHead(out);
  }

  override next(): Part | undefined {
    return this.parts.next();
  }

  override known(): Known | undefined {
    return this.memory.values.get(this.value);
  }

  override remember(known: Known): void {
    this.memory.values.set(this.value, known);
  }

  override boundary(count: number): number {
    return byPosition(count);
  }
}
