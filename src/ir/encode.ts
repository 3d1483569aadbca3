/**
 * The canonical bytes of code: version 1. What is hashed, stored and shipped (C1).
 *
 *   group   = D7 52 49 (magic) 01 (version) varint(definitions) unit…
 *   unit    = varint(arms) arm…
 *   arm     = varint(required) byte(variadic) varint(slots) node
 *   node    = tag byte, then the fields of the node in the order of `node.ts`:
 *             numbers are varints (a loop target is written plus one), lists are a varint count and their items,
 *             an optional node is byte 0, or byte 1 and the node; texts are varint(bytes) and WTF-8
 *   const   = tag, byte k: 0 nil, 1 false, 2 true, 3 varint integer, 4 varint of a negative integer's magnitude,
 *             5 string, 6 keyword, 7 a document of `value/bytes.ts` with its size before it
 *   ref     = byte 0 and varint(member) inside the group, or byte 1, 32 bytes of the group's hash, varint(member)
 *
 * Names of locals, names of units, spans, comments and docs are not written: they are not part of the meaning. Names
 * of variables, primitives, capabilities and steps are.
 */
import { ByteWriter, textSize } from '../value/binary.ts';
import { encodeValue } from '../value/bytes.ts';
import type { Value } from '../value/value.ts';
import type { Arm, Definition, LetrecGroup, Node, NodeKind, SlotBinding, Unit } from './node.ts';

export const CODE_MAGIC: readonly number[] = [0xd7, 0x52, 0x49];
export const CODE_VERSION = 1;

export const NODE_TAGS: Readonly<Record<NodeKind, number>> = {
  'const': 1,
  'local': 2,
  'set-local': 3,
  'capture': 4,
  'sibling': 5,
  'primitive': 6,
  'definition': 7,
  'var': 8,
  'set-var': 9,
  'cond': 10,
  'and': 11,
  'or': 12,
  'do': 13,
  'let': 14,
  'loop': 15,
  'recur': 16,
  'call': 17,
  'apply': 18,
  'primitive-call': 19,
  'host-call': 20,
  'fn': 21,
  'try': 22,
  'throw': 23,
  'context-get': 24,
  'context-set': 25,
  'step': 26,
  'fork': 27,
  'operation': 28,
};

export const CONST_TAGS = { nil: 0, false: 1, true: 2, integer: 3, negative: 4, string: 5, keyword: 6, document: 7 } as const;

/** Writes what stands for a reference to a definition. */
export type ReferenceWriter = (definition: Definition, writer: ByteWriter) => void;

/** The bytes of a whole group, its definitions in the order given. */
export function encodeGroup(definitions: readonly Definition[], reference: ReferenceWriter): Uint8Array {
  const writer = new ByteWriter(256);
  for (const byte of CODE_MAGIC) writer.byte(byte);
  writer.byte(CODE_VERSION);
  writer.varint(definitions.length);
  const encoder = new Encoder(writer, reference);
  for (const definition of definitions) encoder.unit(definition.unit);
  return writer.finish();
}

/** The bytes of one unit, for comparing definitions of a group that is not numbered yet. */
export function encodeUnit(unit: Unit, reference: ReferenceWriter): Uint8Array {
  const writer = new ByteWriter(256);
  new Encoder(writer, reference).unit(unit);
  return writer.finish();
}

// Recursion over code is safe: lowering bounds its nesting.
class Encoder {
  private readonly writer: ByteWriter;
  private readonly reference: ReferenceWriter;

  constructor(writer: ByteWriter, reference: ReferenceWriter) {
    this.writer = writer;
    this.reference = reference;
  }

  unit(unit: Unit): void {
    this.writer.varint(unit.arms.length);
    for (const arm of unit.arms) this.arm(arm);
  }

  private arm(arm: Arm): void {
    const { writer } = this;
    writer.varint(arm.required);
    writer.byte(arm.variadic ? 1 : 0);
    writer.varint(arm.slots);
    this.node(arm.body);
  }

  private text(text: string): void {
    this.writer.varint(textSize(text));
    this.writer.text(text);
  }

  private nodes(nodes: readonly Node[]): void {
    this.writer.varint(nodes.length);
    for (const node of nodes) this.node(node);
  }

  private optional(node: Node | null): void {
    this.writer.byte(node === null ? 0 : 1);
    if (node !== null) this.node(node);
  }

  private bindings(bindings: readonly SlotBinding[]): void {
    this.writer.varint(bindings.length);
    for (const binding of bindings) {
      this.writer.varint(binding.slot);
      this.node(binding.value);
    }
  }

  private node(node: Node): void {
    const { writer } = this;
    writer.byte(NODE_TAGS[node.kind]);
    switch (node.kind) {
      case 'const':
        return this.constant(node.value);
      case 'local':
        return writer.varint(node.slot);
      case 'set-local':
        writer.varint(node.slot);
        return this.node(node.value);
      case 'capture':
        return writer.varint(node.index);
      case 'sibling':
        return writer.varint(node.member);
      case 'primitive':
        return this.text(node.name);
      case 'definition':
        return this.reference(node.definition, writer);
      case 'var':
        return this.text(node.name);
      case 'set-var':
        this.text(node.name);
        return this.node(node.value);
      case 'cond':
        writer.varint(node.clauses.length);
        for (const clause of node.clauses) {
          this.node(clause.test);
          this.node(clause.body);
        }
        return this.node(node.otherwise);
      case 'and':
      case 'or':
        return this.nodes(node.items);
      case 'do':
        return this.nodes(node.body);
      case 'let':
      case 'loop':
        this.bindings(node.bindings);
        return this.node(node.body);
      case 'recur':
        writer.varint(node.target + 1);
        writer.varint(node.slots.length);
        for (const slot of node.slots) writer.varint(slot);
        return this.nodes(node.args);
      case 'call':
        writer.byte(node.tail ? 1 : 0);
        this.node(node.fn);
        return this.nodes(node.args);
      case 'apply':
        writer.byte(node.tail ? 1 : 0);
        this.node(node.fn);
        return this.node(node.args);
      case 'primitive-call':
        this.text(node.name);
        return this.nodes(node.args);
      case 'host-call':
        this.node(node.capability);
        this.nodes(node.args);
        return this.optional(node.options);
      case 'fn':
        return this.closure(node.group, node.member);
      case 'try':
        this.node(node.body);
        writer.varint(node.errorSlot);
        this.optional(node.handler);
        writer.varint(node.pendingSlot);
        return this.optional(node.cleanup);
      case 'throw':
        return this.node(node.value);
      case 'context-get':
        this.node(node.key);
        return this.optional(node.otherwise);
      case 'context-set':
        this.node(node.key);
        return this.node(node.value);
      case 'step':
        this.text(node.form);
        this.text(node.name);
        this.optional(node.options);
        this.optional(node.params);
        writer.varint(node.paramsSlot);
        this.node(node.body);
        writer.varint(node.errorSlot);
        return this.optional(node.handler);
      case 'fork':
        this.node(node.branches);
        return this.node(node.options);
      case 'operation':
        this.text(node.name);
        return this.nodes(node.args);
    }
  }

  /** A letrec group is written once, where its first member is made; later members refer to it by position. */
  private readonly groups = new Map<LetrecGroup, number>();

  private closure(group: LetrecGroup, member: number): void {
    const { writer } = this;
    const known = this.groups.get(group);
    writer.varint(member);
    if (known !== undefined) {
      writer.varint(known + 1);
      return;
    }
    this.groups.set(group, this.groups.size);
    writer.varint(0);
    this.nodes(group.captures);
    writer.varint(group.units.length);
    for (const unit of group.units) this.unit(unit);
  }

  private constant(value: Value): void {
    const { writer } = this;
    if (value === null) return writer.byte(CONST_TAGS.nil);
    if (value === false) return writer.byte(CONST_TAGS.false);
    if (value === true) return writer.byte(CONST_TAGS.true);
    if (typeof value === 'number' && Number.isInteger(value)) {
      writer.byte(value >= 0 ? CONST_TAGS.integer : CONST_TAGS.negative);
      return writer.varint(value >= 0 ? value : -value);
    }
    if (typeof value === 'string') {
      writer.byte(CONST_TAGS.string);
      return this.text(value);
    }
    if (typeof value === 'object' && value.kind === 'keyword') {
      writer.byte(CONST_TAGS.keyword);
      return this.text(value.name);
    }
    writer.byte(CONST_TAGS.document);
    return this.document(value);
  }

  private document(value: Value): void {
    const bytes = encodeValue(value);
    this.writer.varint(bytes.length);
    this.writer.bytes(bytes);
  }
}
