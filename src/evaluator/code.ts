/**
 * Loaded code: units with an identity, their arms assembled when first called, and the table that finds code by hash.
 */
import type { Span } from '../diagnostic/span.ts';
import { lineTable, type LineTable, positionAt } from '../diagnostic/position.ts';
import { childNodes } from '../ir/walk.ts';
import type { Definition, LetrecGroup, Node, Unit } from '../ir/node.ts';
import { Contents } from '../value/bytes-content.ts';
import { Closure, type CodeUnit, type Value } from '../value/value.ts';
import { assemble } from './assemble.ts';
import { type Liveness, liveRegisters } from './liveness.ts';
import type { LoadedPrimitive, PrimitiveTable } from './primitives/registry.ts';
import type { Scheduler } from './scheduler.ts';
import type { Native, NativeEntries, Tier } from './tier.ts';

/**
 * From `start` up to `end` an error goes to `at`, with the error in `register`. An error that stops a step from outside
 * passes by what catches and recovers inside of it; `finally` and the edges of steps get every error.
 */
export interface Handler {
  readonly kind: 'catch' | 'finally' | 'recover' | 'step';
  readonly start: number;
  readonly end: number;
  readonly at: number;
  readonly register: number;
  /** Of a `finally`: where its own code ends, which begins at `at`. */
  readonly until: number;
}

/** A place in the source for the instructions from `at` on. */
export interface Mark {
  readonly at: number;
  readonly span: Span | null;
}

/** One arm of a unit, ready to run. */
export class ArmCode {
  readonly code: Code;
  /** Its place among the unit's arms. */
  readonly index: number;
  readonly required: number;
  readonly variadic: boolean;
  readonly ops: Int32Array;
  readonly constants: readonly Value[];
  readonly primitives: readonly LoadedPrimitive[];
  readonly definitions: readonly KnownCall[];
  readonly codes: readonly Code[];
  readonly registers: number;
  /** The address of each suspension point; point 0 is the entry. */
  readonly points: Int32Array;
  /** Inner handlers come before the ones around them. */
  readonly handlers: readonly Handler[];
  readonly marks: readonly Mark[];
  /** The arm that this one is the tracked twin of; itself when it is none. Frames name plain arms. */
  readonly plain: ArmCode;
  /** Calls and turns on the machine, as far as the compiled tier has counted them. */
  heat = 0;
  /** What the arm was compiled to, for the arguments as they come. */
  native: Native | null = null;
  private readonly targets: (Target | null)[];
  private live: Liveness | null = null;
  private spanAddress = -1;
  private span: Span | null = null;

  constructor(parts: ArmParts) {
    this.code = parts.code;
    this.index = parts.index;
    this.required = parts.required;
    this.variadic = parts.variadic;
    this.ops = parts.ops;
    this.constants = parts.constants;
    this.primitives = parts.primitives;
    this.definitions = parts.definitions;
    this.codes = parts.codes;
    this.registers = parts.registers;
    this.points = parts.points;
    this.handlers = parts.handlers;
    this.marks = parts.marks;
    this.plain = parts.plain ?? this;
    this.targets = parts.definitions.map(() => null);
  }

  get isTracked(): boolean {
    return this.plain !== this;
  }

  /** The function of a definition that this arm refers to, and its arm for the number of arguments given here. */
  target(index: number): Target {
    return this.targets[index] ?? this.link(index);
  }

  private link(index: number): Target {
    const { definition, count } = this.definitions[index]!;
    const closure = this.code.table.closureOf(definition);
    // Tracked code enters every function in the one way that looks after sources.
    const target: Target = { closure, arm: count < 0 || this.isTracked ? null : (closure.code as Code).armFor(count) };
    this.targets[index] = target;
    return target;
  }

  /** The registers that a frame keeps at a point. */
  liveAt(point: number): readonly number[] {
    return this.liveness.atPoints[point]!;
  }

  get liveness(): Liveness {
    this.live ??= liveRegisters(this);
    return this.live;
  }

  spanAt(address: number): Span | null {
    // A loop makes the same call again and again.
    if (address === this.spanAddress) return this.span;
    this.spanAddress = address;
    return (this.span = this.findSpan(address));
  }

  private findSpan(address: number): Span | null {
    let low = 0;
    let high = this.marks.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.marks[middle]!.at <= address) low = middle + 1;
      else high = middle;
    }
    return low === 0 ? null : this.marks[low - 1]!.span;
  }
}

/** A reference to a definition; `count` is the number of arguments of a call, -1 when it is not called here. */
export interface KnownCall {
  readonly definition: Definition;
  readonly count: number;
}

export interface Target {
  readonly closure: Closure;
  /** Null when no arm takes that number of arguments, or nothing is called. */
  readonly arm: ArmCode | null;
}

export interface ArmParts {
  readonly code: Code;
  readonly index: number;
  readonly required: number;
  readonly variadic: boolean;
  readonly ops: Int32Array;
  readonly constants: readonly Value[];
  readonly primitives: readonly LoadedPrimitive[];
  readonly definitions: readonly KnownCall[];
  readonly codes: readonly Code[];
  readonly registers: number;
  readonly points: Int32Array;
  readonly handlers: readonly Handler[];
  readonly marks: readonly Mark[];
  readonly plain?: ArmCode;
}

/** A unit of code with its identity. Closures refer to it. */
export class Code implements CodeUnit, NativeEntries {
  readonly group: string;
  readonly unit: number;
  readonly name: string | null;
  readonly table: CodeTable;
  readonly source: Unit;
  /** The units of the letrec group that this one was written in. */
  readonly siblings: readonly Code[];
  /** How many values its closures capture. */
  readonly captureCount: number;
  /** The units of the functions written inside this one. */
  readonly inside: Map<LetrecGroup, readonly Code[]> = new Map();
  // How compiled code calls it. Without a compiled tier nobody does.
  declare call0: Native;
  declare call1: Native;
  declare call2: Native;
  declare call3: Native;
  declare call4: Native;
  declare callMany: NativeEntries['callMany'];
  private readonly arms: (ArmCode | null)[];
  private readonly byCount: (ArmCode | null | undefined)[] = [];

  constructor(table: CodeTable, group: string, unit: number, source: Unit, siblings: readonly Code[], captureCount: number) {
    this.table = table;
    this.group = group;
    this.unit = unit;
    this.name = source.name;
    this.source = source;
    this.siblings = siblings;
    this.captureCount = captureCount;
    this.arms = source.arms.map(() => null);
    if (table.tier !== null) Object.assign(this, table.tier.stubs);
  }

  /** The arms that were called so far. */
  assembled(): readonly ArmCode[] {
    return this.arms.filter((arm) => arm !== null);
  }

  arm(index: number): ArmCode {
    let arm = this.arms[index]!;
    if (arm === null) {
      arm = assemble(this, index);
      this.arms[index] = arm;
    }
    return arm;
  }

  /** The arm that takes `count` arguments, or null. */
  armFor(count: number): ArmCode | null {
    const known = this.byCount[count];
    if (known !== undefined) return known;
    const arm = this.findArm(count);
    if (count < 32) this.byCount[count] = arm;
    return arm;
  }

  private findArm(count: number): ArmCode | null {
    const arms = this.source.arms;
    for (let i = 0; i < arms.length; i++) {
      const arm = arms[i]!;
      if (arm.required === count && !arm.variadic) return this.arm(i);
    }
    for (let i = 0; i < arms.length; i++) {
      const arm = arms[i]!;
      if (arm.variadic && count >= arm.required) return this.arm(i);
    }
    return null;
  }

  /** How many arguments it takes, in words. */
  get arityText(): string {
    const texts = this.source.arms.map((arm) => (arm.variadic ? `at least ${arm.required}` : `${arm.required}`));
    return texts.length < 2 ? (texts[0] ?? '0') : `${texts.slice(0, -1).join(', ')} or ${texts[texts.length - 1]!}`;
  }
}

/** Finds code that a table does not hold: the definitions of a group, in order, or null. */
export type CodeSource = (group: string) => readonly Definition[] | null;

/** All code that a kernel has loaded, by hash; and the primitives it runs on. */
export class CodeTable {
  readonly primitives: PrimitiveTable;
  /** Null: everything runs on the machine. */
  readonly tier: Tier | null;
  /** What ran code of this table last: nobody uses it, and it holds no value. @internal */
  idle: Scheduler | null = null;
  /** The same of what saved or restored a state last. @internal */
  contents: Contents | null = null;
  private readonly source: CodeSource;
  private readonly groups = new Map<string, readonly Code[]>();
  private readonly unhashed = new Map<Definition, readonly Code[]>();
  private readonly closures = new Map<Definition, Closure>();
  private readonly texts = new Map<string, string>();
  private readonly lines = new Map<string, LineTable>();

  constructor(primitives: PrimitiveTable, source: CodeSource, newTier?: (table: CodeTable) => Tier) {
    this.primitives = primitives;
    this.source = source;
    this.tier = newTier === undefined ? null : newTier(this);
  }

  /** What states are saved and restored with, which nobody else has until it is kept again. @internal */
  takeContents(): Contents {
    const contents = this.contents ?? new Contents();
    this.contents = null;
    return contents;
  }

  /** Makes a source known, so that errors can name lines and columns. */
  addSource(file: string, text: string): void {
    this.texts.set(file, text);
    this.lines.delete(file);
  }

  sourceText(file: string): string | null {
    return this.texts.get(file) ?? null;
  }

  /** 1-based line and column of an offset, when the source is known. */
  position(file: string, offset: number): { readonly line: number; readonly column: number } | null {
    let table = this.lines.get(file);
    if (table === undefined) {
      const text = this.texts.get(file);
      if (text === undefined) return null;
      table = lineTable(text);
      this.lines.set(file, table);
    }
    return positionAt(table, offset);
  }

  /** The function of a definition; a definition has no captures, so there is one. */
  closureOf(definition: Definition): Closure {
    let closure = this.closures.get(definition);
    if (closure === undefined) {
      closure = new Closure(this.codeOf(definition), NO_CAPTURES);
      this.closures.set(definition, closure);
    }
    return closure;
  }

  codeOf(definition: Definition): Code {
    return this.unitsOf(definition)[firstUnit(definition)]!;
  }

  /** The code of a unit by its identity, or null when nobody has it. */
  find(group: string, unit: number): Code | null {
    let codes = this.groups.get(group);
    if (codes === undefined) {
      const definitions = this.source(group);
      if (definitions === null) return null;
      codes = this.loadGroup(group, definitions);
    }
    return codes[unit] ?? null;
  }

  /** The definitions of a program become findable by hash. */
  add(definitions: Iterable<Definition>): void {
    for (const definition of definitions) if (definition.group !== '') this.unitsOf(definition);
  }

  private unitsOf(definition: Definition): readonly Code[] {
    if (definition.group === '') {
      let codes = this.unhashed.get(definition);
      if (codes === undefined) {
        codes = numberUnits(this, '', [definition]);
        this.unhashed.set(definition, codes);
      }
      return codes;
    }
    return this.groups.get(definition.group) ?? this.loadGroup(definition.group, definition.members);
  }

  private loadGroup(group: string, definitions: readonly Definition[]): readonly Code[] {
    const codes = numberUnits(this, group, definitions);
    this.groups.set(group, codes);
    return codes;
  }
}

const NO_CAPTURES: readonly Value[] = [];

/** The number of the definition's own unit in its group. */
function firstUnit(definition: Definition): number {
  if (definition.group === '') return 0;
  let first = 0;
  for (let i = 0; i < definition.member; i++) first += countUnits(definition.members[i]!.unit);
  return first;
}

function countUnits(unit: Unit): number {
  let count = 1;
  for (const group of groupsIn(unit)) for (const inner of group.units) count += countUnits(inner);
  return count;
}

/** Numbers the units of a group: each definition's unit, then the functions inside it, in order of the text. */
function numberUnits(table: CodeTable, group: string, definitions: readonly Definition[]): readonly Code[] {
  const codes: Code[] = [];
  const add = (unit: Unit, siblings: Code[], captureCount: number): void => {
    const code = new Code(table, group, codes.length, unit, siblings, captureCount);
    codes.push(code);
    siblings.push(code);
    for (const letrec of groupsIn(unit)) {
      const members: Code[] = [];
      for (const inner of letrec.units) add(inner, members, letrec.captures.length);
      code.inside.set(letrec, members);
    }
  };
  for (const definition of definitions) add(definition.unit, [], 0);
  return codes;
}

/** The letrec groups made directly inside a unit, each once, in order. */
function groupsIn(unit: Unit): readonly LetrecGroup[] {
  const groups = new Set<LetrecGroup>();
  const open: Node[] = unit.arms.map((arm) => arm.body).reverse();
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    if (node.kind === 'fn') groups.add(node.group);
    const children = childNodes(node);
    for (let i = children.length - 1; i >= 0; i--) open.push(children[i]!);
  }
  return [...groups];
}
