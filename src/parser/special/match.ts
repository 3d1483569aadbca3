/**
 * `match` (§6): clauses tried in order. Each clause becomes one test that also fills the slots of its names
 * (`set-local` is true), then the guard, so that the whole is a `cond` and every position may suspend.
 *
 * Patterns: literals, names, `_`, `[p … & rest]`, `{key p … & rest}`, `{}` (only the empty map), `p :as name` inside
 * brackets, `(:as name p)`, `(or p …)` without names, quoted data.
 */
import type { CondClause, Node } from '../../ir/node.ts';
import { type Value, keyword } from '../../value/value.ts';
import { formToValue } from '../datum.ts';
import type { Form, ListForm, MapForm, SymbolForm, VectorForm } from '../form.ts';
import { constant, describe, type Lowering, NESTING_MAX, primitive } from '../lowering.ts';
import { inner, naming, type Place, type Scope, seeing, type UnitBuilder } from '../scope.ts';
import { certainAnnotation } from './pattern.ts';

const SHAPE = '(match value pattern result … )';

export function lowerMatch(lowering: Lowering, form: ListForm, place: Place): Node {
  const subject = form.items[1];
  if (subject === undefined) return lowering.malformed(form, 'the value is missing', SHAPE);
  const clauses = readClauses(lowering, form);
  if (clauses === null) return constant(null, form.span);
  const { unit } = place;
  const mark = unit.mark();
  const slot = unit.allocate();
  const value = lowering.lower(subject, inner(place));
  const local: Node = { kind: 'local', slot, span: subject.span };
  const lowered = clauses.map((clause) => lowerClause(lowering, clause, local, place));
  unit.release(mark);
  const body: Node = { kind: 'cond', clauses: lowered, otherwise: primitive('%no-match', [local], form.span), span: form.span };
  return { kind: 'let', bindings: [{ slot, value }], body, span: form.span };
}

interface Clause {
  readonly pattern: Form;
  readonly guard: Form | null;
  readonly result: Form;
}

function isGuardWord(form: Form | undefined): boolean {
  return (form?.kind === 'symbol' && form.name === 'when') || (form?.kind === 'keyword' && (form.name === 'when' || form.name === 'guard'));
}

function readClauses(lowering: Lowering, form: ListForm): Clause[] | null {
  const items = form.items.slice(2);
  const clauses: Clause[] = [];
  for (let i = 0; i < items.length; ) {
    const pattern = items[i]!;
    const guarded = isGuardWord(items[i + 1]);
    const guard = guarded ? items[i + 2] : null;
    const result = items[guarded ? i + 3 : i + 1];
    if (guard === undefined || result === undefined) {
      lowering.malformed(form, `the pattern ${describe(pattern)} has no ${guard === undefined ? 'guard' : 'result'}`, SHAPE);
      return null;
    }
    clauses.push({ pattern, guard, result });
    i += guarded ? 4 : 2;
  }
  if (clauses.length > 0) return clauses;
  lowering.malformed(form, 'there is no clause', SHAPE);
  return null;
}

function lowerClause(lowering: Lowering, clause: Clause, subject: Node, place: Place): CondClause {
  const { unit } = place;
  const mark = unit.mark();
  const matcher = new Matcher(lowering, place.unit, place.scope, lowering.depth);
  matcher.match(clause.pattern, subject);
  const within = seeing(place, matcher.scope);
  if (clause.guard !== null) matcher.tests.push(lowering.lower(clause.guard, inner(within)));
  const body = lowering.lower(clause.result, within);
  unit.release(mark);
  return { test: conjunction(matcher.tests, clause.pattern), body };
}

function conjunction(tests: readonly Node[], pattern: Form): Node {
  if (tests.length === 0) return constant(true, pattern.span);
  return tests.length === 1 ? tests[0]! : { kind: 'and', items: tests, span: pattern.span };
}

/** Gathers the tests of one pattern, in order, and the names it binds. */
class Matcher {
  readonly tests: Node[] = [];
  scope: Scope | null;
  private readonly lowering: Lowering;
  private readonly unit: UnitBuilder;
  private depth: number;

  constructor(lowering: Lowering, unit: UnitBuilder, scope: Scope | null, depth: number) {
    this.lowering = lowering;
    this.unit = unit;
    this.scope = scope;
    this.depth = depth;
  }

  match(pattern: Form, value: Node): void {
    if (this.depth > NESTING_MAX) {
      this.lowering.fail('E0210', `this pattern is nested more than ${NESTING_MAX} deep`, pattern.span);
      return;
    }
    this.depth += 1;
    this.dispatch(pattern, value);
    this.depth -= 1;
  }

  private dispatch(pattern: Form, value: Node): void {
    switch (pattern.kind) {
      case 'symbol':
        if (pattern.name !== '_') this.bind(pattern, value);
        return;
      case 'atom':
      case 'keyword':
        this.tests.push(primitive('=', [value, constant(formToValue(pattern), pattern.span)], pattern.span));
        return;
      case 'vector':
        return this.sequence(pattern, value);
      case 'map':
        return this.map(pattern, value);
      case 'list':
        return this.special(pattern, value);
      case 'set':
        this.bad(pattern, 'a set cannot be a pattern');
    }
  }

  private bad(pattern: Form, problem: string): void {
    this.lowering.fail('E0211', `malformed \`match\` pattern: ${problem}`, pattern.span, ['patterns are literals, names, `_`, `[p & rest]`, `{:key p}` and `(:as name p)`']);
  }

  private bind(symbol: SymbolForm, value: Node): void {
    const slot = this.unit.allocate();
    this.tests.push({ kind: 'set-local', slot, value, span: symbol.span });
    this.scope = naming(symbol.name, this.unit, slot, this.scope);
  }

  /** Puts a part in a slot of its own, so that it is taken out once. */
  private part(value: Node, pattern: Form): Node {
    const slot = this.unit.allocate();
    this.tests.push({ kind: 'set-local', slot, value, span: pattern.span });
    return { kind: 'local', slot, span: pattern.span };
  }

  private sequence(pattern: VectorForm, value: Node): void {
    const { elements, rest, whole } = this.readSequence(pattern);
    const count = constant(elements.length, pattern.span);
    this.tests.push(primitive(rest === null ? '%match-sequential?' : '%match-sequential-min?', [value, count], pattern.span));
    elements.forEach((element, index) => {
      const part = primitive('%nth-or-nil', [value, constant(index, element.span)], element.span);
      this.sub(element, part);
    });
    if (rest !== null) this.sub(rest, primitive('%nthrest', [value, count], rest.span));
    if (whole !== null) this.bind(whole, value);
  }

  /** Matches a part: names and `_` take it directly, other patterns look at it several times. */
  private sub(pattern: Form, part: Node): void {
    if (pattern.kind === 'symbol') {
      if (pattern.name !== '_') this.bind(pattern, part);
    } else if (pattern.kind === 'atom' || pattern.kind === 'keyword') this.match(pattern, part);
    else this.match(pattern, this.part(part, pattern));
  }

  private readSequence(pattern: VectorForm): { readonly elements: Form[]; readonly rest: Form | null; readonly whole: SymbolForm | null } {
    const elements: Form[] = [];
    let rest: Form | null = null;
    let whole: SymbolForm | null = null;
    const { items } = pattern;
    for (let i = 0; i < items.length; i++) {
      const item = items[i]!;
      const next = items[i + 1];
      if (item.kind === 'symbol' && item.name === '&') {
        if (next === undefined) this.bad(pattern, '`&` needs a pattern after it');
        else if (i + 2 < items.length && !isAs(items[i + 2]!)) this.bad(items[i + 2]!, 'only `:as name` may follow the rest');
        else rest = next;
        i += 1;
      } else if (item.kind === 'keyword' && item.name === 'as' && next?.kind === 'symbol' && i > 0 && i + 2 === items.length) {
        whole = next;
        i += 1;
      } else elements.push(item);
    }
    return { elements, rest, whole };
  }

  private map(pattern: MapForm, value: Node): void {
    if (pattern.items.length === 0) {
      this.tests.push(primitive('%match-empty-map?', [value], pattern.span));
      return;
    }
    this.tests.push(primitive('%match-map?', [value], pattern.span));
    const taken: Node[] = [];
    let rest: Form | null = null;
    for (let i = 0; i + 1 < pattern.items.length; i += 2) {
      const key = pattern.items[i]!;
      const item = pattern.items[i + 1]!;
      if (key.kind === 'symbol' && key.name === '&') rest = item;
      else if (key.kind === 'keyword' && key.name === 'as' && item.kind === 'symbol') this.bind(item, value);
      else if (key.kind === 'keyword' && key.name === 'keys' && item.kind === 'vector') this.keys(item, value, taken);
      else this.entry(key, item, value, taken);
    }
    if (rest !== null) this.sub(rest, primitive('%map-without', [value, ...taken], rest.span));
  }

  private keys(names: VectorForm, map: Node, taken: Node[]): void {
    for (const item of names.items) {
      if (item.kind === 'symbol') this.entry({ kind: 'keyword', name: item.name, span: item.span }, item, map, taken);
      else this.bad(item, `${describe(item)} is not a name`);
    }
  }

  private entry(key: Form, item: Form, map: Node, taken: Node[]): void {
    const value = this.keyValue(key);
    if (value === undefined) {
      this.bad(key, `${describe(key)} cannot be a key; keys are literals`);
      return;
    }
    const node = constant(value, key.span);
    taken.push(node);
    this.tests.push(primitive('%match-key', [map, node], key.span));
    this.sub(item, primitive('get', [map, node], item.span));
  }

  private keyValue(key: Form): Value | undefined {
    if (key.kind === 'keyword') return keyword(key.name);
    if (key.kind === 'atom') return key.value;
    return isQuote(key) ? formToValue(key.items[1]!) : undefined;
  }

  private special(pattern: ListForm, value: Node): void {
    const head = pattern.items[0];
    if (isQuote(pattern)) {
      this.tests.push(primitive('=', [value, constant(formToValue(pattern.items[1]!), pattern.span)], pattern.span));
      return;
    }
    if (head?.kind === 'keyword' && head.name === 'as' && pattern.items.length === 3 && pattern.items[1]!.kind === 'symbol') {
      this.match(pattern.items[2]!, value);
      this.bind(pattern.items[1] as SymbolForm, value);
      return;
    }
    if (head?.kind === 'symbol' && head.name === 'or' && pattern.items.length > 1) return this.alternatives(pattern, value);
    if (head?.kind === 'keyword' && head.name === '' && pattern.items.length === 3) return this.typed(pattern, value);
    this.bad(pattern, `${head === undefined ? '`()`' : `a list that starts with ${describe(head)}`} is not a pattern; quote data: \`'(…)\``);
  }

  private alternatives(pattern: ListForm, value: Node): void {
    const items = pattern.items.slice(1).map((choice) => {
      const matcher = new Matcher(this.lowering, this.unit, this.scope, this.depth);
      matcher.match(choice, value);
      if (matcher.scope !== this.scope) this.bad(choice, 'alternatives cannot bind names');
      return conjunction(matcher.tests, choice);
    });
    this.tests.push({ kind: 'or', items, span: pattern.span });
  }

  /** `(: T name)`: a value of the type. */
  private typed(pattern: ListForm, value: Node): void {
    const colon = pattern.items[0]!;
    const annotation = certainAnnotation(colon, pattern.items, 0);
    const type = annotation === null ? null : this.lowering.typeOf(annotation.type);
    if (type !== null) this.tests.push(primitive('%is-type?', [constant(type, pattern.span), value], pattern.span));
    this.sub(pattern.items[2]!, value);
  }
}

function isAs(form: Form): boolean {
  return form.kind === 'keyword' && form.name === 'as';
}

function isQuote(form: Form): form is ListForm & { readonly quoted: true } {
  return form.kind === 'list' && form.items.length === 2 && form.items[0]?.kind === 'symbol' && form.items[0].name === 'quote';
}
