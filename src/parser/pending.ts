/** Definitions that are known before they are lowered: a program's functions wait until all names are, and are made when they are first needed. */
import type { Definition, Unit } from '../ir/node.ts';
import type { Hints } from './hint.ts';
import type { Lowering } from './lowering.ts';
import type { Arity } from './namespace.ts';
import { GroupBuilder, outermost } from './scope.ts';
import { buildFunction, type FunctionShape } from './special/function.ts';

const NO_UNIT: Unit = { name: null, arms: [], span: null };

/** What makes a unit when somebody asks for it. */
interface UnitSource {
  build(): Unit;
}

/** A function at the top, as it was read. Thousands of these wait until all names are known: so they are no closures, and hold little. */
export class FunctionSource implements UnitSource {
  private readonly lowering: Lowering;
  private readonly shape: FunctionShape;
  private readonly label: string;
  /** By what name it sees itself, if not by that of its definition. */
  private readonly self: string | null;
  private readonly hints: Hints | null;

  constructor(lowering: Lowering, shape: FunctionShape, label: string, self: string | null, hints: Hints | null) {
    this.lowering = lowering;
    this.shape = shape;
    this.label = label;
    this.self = self;
    this.hints = hints;
  }

  build(): Unit {
    const { lowering, shape, label, self } = this;
    const { root } = lowering.program;
    const around = lowering.setAside(this.hints);
    const unit = buildFunction(lowering, shape, label, new GroupBuilder(root), outermost(root), self);
    lowering.resume(around);
    return unit;
  }
}

/** A definition whose unit is built when it is first asked for. */
export class PendingDefinition implements Definition {
  readonly name: string;
  group = '';
  member = 0;
  members: readonly Definition[] = [this];
  readonly arities: readonly Arity[];
  private source: UnitSource | null;
  private built: Unit | null = null;

  constructor(name: string, arities: readonly Arity[], source: UnitSource) {
    this.name = name;
    this.arities = arities;
    this.source = source;
  }

  get unit(): Unit {
    if (this.built !== null) return this.built;
    const { source } = this;
    // Asked for while being built: only the identity matters then.
    if (source === null) return NO_UNIT;
    this.source = null;
    this.built = source.build();
    return this.built;
  }
}
