/**
 * Reading the bytes of `encode.ts` back into units. Strict: any bytes give units or what is wrong, never a crash.
 * Nesting is bounded as lowering bounds it, so the recursion is safe.
 */
import type { Result } from '../diagnostic/diagnostic.ts';
import { ByteReader } from '../value/binary.ts';
import { decodeValue } from '../value/bytes.ts';
import { keyword, type Value } from '../value/value.ts';
import { CODE_MAGIC, CODE_VERSION, CONST_TAGS, NODE_TAGS } from './encode.ts';
import { type Arm, type Definition, type LetrecGroup, type Node, OPERATIONS, type SlotBinding, type Unit } from './node.ts';
import { STEP_FORMS } from './step-options.ts';

export interface CodeFault {
  readonly message: string;
  readonly offset: number;
}

/** Gives the definition that (group, member) names; `group` is null inside the group that is being read. */
export type ReferenceReader = (group: string | null, member: number) => Definition | null;

/** Beyond what lowering makes from the deepest allowed source. */
const NESTING_MAX = 4_000;

/** The units of a group's definitions, in order. `names` are what people call the units, in the order of the code. */
export function decodeGroup(bytes: Uint8Array, reference: ReferenceReader, names: readonly (string | null)[] = []): Result<readonly Unit[], CodeFault> {
  const reader = new ByteReader(bytes);
  for (const byte of CODE_MAGIC) if (reader.byte() !== byte) reader.fail('these bytes are not code', 0);
  const version = reader.byte();
  if (reader.fault === null && version !== CODE_VERSION) reader.fail(`code of format version ${version} needs a newer RTFS`, 3);
  const decoder = new Decoder(reader, reference, names);
  const units: Unit[] = [];
  const count = decoder.count();
  for (let i = 0; i < count && reader.fault === null; i++) units.push(decoder.unit(0));
  if (reader.fault === null && reader.left > 0) reader.fail('there are bytes after the end');
  return reader.fault === null ? { ok: true, value: units } : { ok: false, error: reader.fault };
}

const NOTHING: Node = { kind: 'const', value: null, span: null };

class Decoder {
  private readonly reader: ByteReader;
  private readonly reference: ReferenceReader;
  private readonly groups: LetrecGroup[] = [];

  private readonly names: readonly (string | null)[];
  private unitsRead = 0;

  constructor(reader: ByteReader, reference: ReferenceReader, names: readonly (string | null)[]) {
    this.reader = reader;
    this.reference = reference;
    this.names = names;
  }

  /** A count of items that still have to come: never more than bytes are left. */
  count(): number {
    const count = this.reader.varint();
    if (count > this.reader.left) this.reader.fail('a count is larger than what follows');
    return this.reader.fault === null ? count : 0;
  }

  unit(depth: number): Unit {
    const name = this.names[this.unitsRead] ?? null;
    this.unitsRead += 1;
    const arms: Arm[] = [];
    const count = this.count();
    for (let i = 0; i < count && this.reader.fault === null; i++) arms.push(this.arm(depth));
    return { name, arms, span: null };
  }

  private arm(depth: number): Arm {
    const required = this.small();
    const variadic = this.flag();
    const slots = this.small();
    return { required, variadic, slots, body: this.node(depth), span: null };
  }

  /** A number of slots, parameters or captures. */
  private small(): number {
    const value = this.reader.varint();
    if (value > 1_000_000) this.reader.fail('a number is too large');
    return value;
  }

  private flag(): boolean {
    const byte = this.reader.byte();
    if (byte > 1) this.reader.fail('expected 0 or 1');
    return byte === 1;
  }

  private text(): string {
    return this.reader.text(this.count());
  }

  private nodes(depth: number): Node[] {
    const nodes: Node[] = [];
    const count = this.count();
    for (let i = 0; i < count && this.reader.fault === null; i++) nodes.push(this.node(depth));
    return nodes;
  }

  private some(depth: number): Node[] {
    const nodes = this.nodes(depth);
    if (nodes.length === 0) this.reader.fail('expected at least one node');
    return nodes;
  }

  private optional(depth: number): Node | null {
    return this.flag() ? this.node(depth) : null;
  }

  private bindings(depth: number): SlotBinding[] {
    const bindings: SlotBinding[] = [];
    const count = this.count();
    for (let i = 0; i < count && this.reader.fault === null; i++) {
      const slot = this.small();
      bindings.push({ slot, value: this.node(depth) });
    }
    return bindings;
  }

  private node(outer: number): Node {
    const { reader } = this;
    const depth = outer + 1;
    if (depth > NESTING_MAX) reader.fail('the code is nested too deeply');
    const tag = reader.byte();
    if (reader.fault !== null) return NOTHING;
    const span = null;
    switch (tag) {
      case NODE_TAGS['const']:
        return { kind: 'const', value: this.constant(), span };
      case NODE_TAGS['local']:
        return { kind: 'local', slot: this.small(), span };
      case NODE_TAGS['set-local']:
        return { kind: 'set-local', slot: this.small(), value: this.node(depth), span };
      case NODE_TAGS['capture']:
        return { kind: 'capture', index: this.small(), span };
      case NODE_TAGS['sibling']:
        return { kind: 'sibling', member: this.small(), span };
      case NODE_TAGS['primitive']:
        return { kind: 'primitive', name: this.text(), span };
      case NODE_TAGS['definition']:
        return this.definition();
      case NODE_TAGS['var']:
        return { kind: 'var', name: this.text(), span };
      case NODE_TAGS['set-var']:
        return { kind: 'set-var', name: this.text(), value: this.node(depth), span };
      case NODE_TAGS['cond']:
        return this.cond(depth);
      case NODE_TAGS['and']:
        return { kind: 'and', items: this.some(depth), span };
      case NODE_TAGS['or']:
        return { kind: 'or', items: this.some(depth), span };
      case NODE_TAGS['do']:
        return { kind: 'do', body: this.some(depth), span };
      case NODE_TAGS['let']:
        return { kind: 'let', bindings: this.bindings(depth), body: this.node(depth), span };
      case NODE_TAGS['loop']:
        return { kind: 'loop', bindings: this.bindings(depth), body: this.node(depth), span };
      case NODE_TAGS['recur']:
        return this.recur(depth);
      case NODE_TAGS['call']: {
        const tail = this.flag();
        return { kind: 'call', fn: this.node(depth), args: this.nodes(depth), tail, span };
      }
      case NODE_TAGS['apply']: {
        const tail = this.flag();
        return { kind: 'apply', fn: this.node(depth), args: this.node(depth), tail, span };
      }
      case NODE_TAGS['primitive-call']:
        return { kind: 'primitive-call', name: this.text(), args: this.nodes(depth), span };
      case NODE_TAGS['host-call']:
        return { kind: 'host-call', capability: this.node(depth), args: this.nodes(depth), options: this.optional(depth), span };
      case NODE_TAGS['fn']:
        return this.closure(depth);
      case NODE_TAGS['try']:
        return {
          kind: 'try', body: this.node(depth), errorSlot: this.small(), handler: this.optional(depth),
          pendingSlot: this.small(), cleanup: this.optional(depth), span,
        };
      case NODE_TAGS['throw']:
        return { kind: 'throw', value: this.node(depth), span };
      case NODE_TAGS['context-get']:
        return { kind: 'context-get', key: this.node(depth), otherwise: this.optional(depth), span };
      case NODE_TAGS['context-set']:
        return { kind: 'context-set', key: this.node(depth), value: this.node(depth), span };
      case NODE_TAGS['step']:
        return {
          kind: 'step', form: this.oneOf(STEP_FORMS, 'form of a step'), name: this.text(), options: this.optional(depth), params: this.optional(depth),
          paramsSlot: this.small(), body: this.node(depth), errorSlot: this.small(), handler: this.optional(depth), span,
        };
      case NODE_TAGS['fork']:
        return { kind: 'fork', branches: this.node(depth), options: this.node(depth), span };
      case NODE_TAGS['operation']:
        return { kind: 'operation', name: this.oneOf(OPERATIONS, 'operation'), args: this.nodes(depth), span };
      default:
        reader.fail(`unknown node ${tag}`);
        return NOTHING;
    }
  }

  private definition(): Node {
    const outside = this.flag();
    const group = outside ? hex(this.reader.bytes(32)) : null;
    const member = this.small();
    if (this.reader.fault !== null) return NOTHING;
    const definition = this.reference(group, member);
    if (definition !== null) return { kind: 'definition', definition, span: null };
    this.reader.fail(group === null ? `there is no definition ${member} in the group` : `the code ${group} is missing`);
    return NOTHING;
  }

  private cond(depth: number): Node {
    const clauses: { test: Node; body: Node }[] = [];
    const count = this.count();
    for (let i = 0; i < count && this.reader.fault === null; i++) {
      const test = this.node(depth);
      clauses.push({ test, body: this.node(depth) });
    }
    return { kind: 'cond', clauses, otherwise: this.node(depth), span: null };
  }

  private recur(depth: number): Node {
    const target = this.small() - 1;
    const slots: number[] = [];
    const count = this.count();
    for (let i = 0; i < count; i++) slots.push(this.small());
    const args = this.nodes(depth);
    if (args.length !== slots.length) this.reader.fail('recur has another number of values than slots');
    return { kind: 'recur', target, slots, args, span: null };
  }

  private closure(depth: number): Node {
    const member = this.small();
    const known = this.small();
    if (known > 0) {
      const group = this.groups[known - 1];
      if (group !== undefined && member < group.units.length) return { kind: 'fn', group, member, span: null };
      this.reader.fail('a function refers to a group that does not exist');
      return NOTHING;
    }
    const units: Unit[] = [];
    const captures: Node[] = [];
    const group: LetrecGroup = { units, captures };
    this.groups.push(group);
    captures.push(...this.nodes(depth));
    const count = this.count();
    for (let i = 0; i < count && this.reader.fault === null; i++) units.push(this.unit(depth));
    if (member >= units.length) this.reader.fail('a function has no such member');
    return { kind: 'fn', group, member, span: null };
  }

  private constant(): Value {
    const tag = this.reader.byte();
    switch (tag) {
      case CONST_TAGS.nil:
        return null;
      case CONST_TAGS.false:
        return false;
      case CONST_TAGS.true:
        return true;
      case CONST_TAGS.integer:
        return this.reader.varint();
      case CONST_TAGS.negative: {
        const magnitude = this.reader.varint();
        if (magnitude === 0) this.reader.fail('a number is not in its one form');
        return -magnitude || 0;
      }
      case CONST_TAGS.string:
        return this.text();
      case CONST_TAGS.keyword:
        return keyword(this.text());
      case CONST_TAGS.document:
        return this.document();
      default:
        this.reader.fail(`unknown constant ${tag}`);
        return null;
    }
  }

  private oneOf<T extends string>(words: readonly T[], what: string): T {
    const text = this.text();
    const found = words.find((word) => word === text);
    if (found === undefined) this.reader.fail(`unknown ${what}`);
    return found ?? words[0]!;
  }

  private document(): Value {
    const bytes = this.reader.bytes(this.count());
    if (this.reader.fault !== null) return null;
    const decoded = decodeValue(bytes);
    if (decoded.ok) return decoded.value;
    this.reader.fail(decoded.error.message);
    return null;
  }
}

function hex(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) text += (byte < 16 ? '0' : '') + byte.toString(16);
  return text;
}
