/**
 * Types from source text (§9.1 of the language): a form in, the normalised value of `ir/type.ts` out, or the first
 * thing that is wrong with it. Unknown names are E0222, everything else E0221.
 *
 * A name is a primitive (`int`, `:int`, `Int`), one of its other spellings, or what `TypeEnv.structs` knows; lower-case
 * primitives come first, capitalised ones last, so that a program may define a struct `Error`. `T?` admits nil.
 * Nesting is bounded (the reader allows any), so this file may recurse.
 */
import type { Code } from '../diagnostic/codes.ts';
import { type Diagnostic, diagnostic, type Result } from '../diagnostic/diagnostic.ts';
import type { Span } from '../diagnostic/span.ts';
import { suggest } from '../diagnostic/suggest.ts';
import {
  andType,
  arrayType,
  enumType,
  fitsTypeLimits,
  functionType,
  isPredicateName,
  mapOfType,
  mapType,
  NIL,
  optionalType,
  predicate,
  PREDICATE_NAMES,
  type PredicateName,
  resourceType,
  setType,
  streamType,
  tupleType,
  TYPE_DEPTH_MAX,
  TYPE_DIMENSIONS_MAX,
  type TypeEntry,
  unionType,
  valType,
  vectorType,
} from '../ir/type.ts';
import { fitsOperands, PREDICATE_OPERANDS } from '../ir/type-predicate.ts';
import { SetValue } from '../value/set.ts';
import { keyword, symbol, type Value } from '../value/value.ts';
import { Vector } from '../value/vector.ts';
import type { Form, KeywordForm, MapForm, SymbolForm, VectorForm } from './form.ts';
import {
  BARE_PREDICATES,
  type Constructor,
  constructorHelp,
  didYouMean,
  FOREIGN_CONSTRUCTORS,
  isConstructor,
  namedType,
  nameHelp,
  NO_STRUCTS,
  OPERAND_TEXT,
  SHAPES,
  type TypeEnv,
  typeFor,
} from './type-name.ts';

export function parseType(form: Form, env: TypeEnv = NO_STRUCTS): Result<Value, Diagnostic> {
  const reader = new TypeReader(env);
  const type = reader.type(form, 0);
  if (type !== null && !fitsTypeLimits(type)) reader.fail('E0221', 'this type is too large or nested too deeply', form.span, SPLIT_HELP);
  return reader.problem === null ? { ok: true, value: type! } : { ok: false, error: reader.problem };
}

/** Whether a name (without its colon) means a type, so that after a parameter list it is one (rule 5 of §2.6). */
export function isTypeName(name: string, env: TypeEnv = NO_STRUCTS): boolean {
  return namedType(name, env) !== null;
}

const SPLIT_HELP: readonly string[] = ['declare a part of it as `any`; the structs that it names count too'];

const ENTRY_SHAPE = '`[:key T]`, `[:key T ?]` or `{:key T}`';

/** A literal that was read: nil is one too. */
interface Box {
  readonly value: Value;
}

interface Entries {
  readonly entries: TypeEntry[];
  keys: SetValue;
  rest: Value | null;
}

/** Every method gives null after it has noted the first problem. */
class TypeReader {
  problem: Diagnostic | null = null;
  private readonly env: TypeEnv;

  constructor(env: TypeEnv) {
    this.env = env;
  }

  fail(code: Code, message: string, span: Span, help: readonly string[] = [], expected?: string): null {
    this.problem ??= diagnostic(code, message, span, expected === undefined ? { help } : { help, expected });
    return null;
  }

  private malformed(message: string, span: Span, expected: string, help: readonly string[] = []): null {
    return this.fail('E0221', message, span, help, expected);
  }

  type(form: Form, depth: number): Value | null {
    if (depth > TYPE_DEPTH_MAX) return this.fail('E0221', 'this type is nested too deeply', form.span, SPLIT_HELP);
    switch (form.kind) {
      case 'symbol':
      case 'keyword':
        return this.named(form);
      case 'vector':
        return this.bracketed(form, depth + 1);
      case 'map':
        return this.record([form], depth + 1);
      case 'atom':
        return form.value === null ? NIL : this.literalAsType(form.value, form.span);
      case 'list':
        return this.malformed('a type is not written with `(…)`', form.span, 'a name or `[:constructor …]`', ['write it with square brackets: `[:vector int]`']);
      case 'set':
        return this.malformed('a type is not written with `#{…}`', form.span, 'a name or `[:constructor …]`', ['one of several values is `[:enum :a :b]`, a set of values of one type `[:set T]`']);
    }
  }

  private literalAsType(value: Value, span: Span): null {
    const help = typeof value === 'string' ? ['write the name of a type without quotes', 'exactly this text as a type is `[:val "…"]`'] : ['exactly this value as a type is `[:val …]`'];
    return this.malformed('a literal is not a type', span, 'a name or `[:constructor …]`', help);
  }

  private named(form: SymbolForm | KeywordForm): Value | null {
    const { name, span } = form;
    const type = namedType(name, this.env);
    if (type !== null) return type;
    const bare = name.endsWith('?') ? name.slice(0, -1) : name;
    if (bare === '') return this.malformed(`\`${name === '' ? ':' : name}\` is not a type`, span, 'a name or `[:constructor …]`');
    if (isConstructor(bare)) return this.malformed(`\`${bare}\` needs its parts`, span, `\`${SHAPES[bare]}\``);
    return this.fail('E0222', `unknown type \`${name}\``, span, nameHelp(bare, this.env));
  }

  // --- constructors ------------------------------------------------------------------------------------------------

  private bracketed(form: VectorForm, depth: number): Value | null {
    const [head, ...parts] = form.items;
    if (head?.kind !== 'keyword') return this.headless(form, head);
    const name = head.name;
    if (!isConstructor(name)) return this.unknownConstructor(name, head.span);
    switch (name) {
      case 'vector':
        return this.one(form, name, parts, depth, vectorType);
      case 'set':
        return this.one(form, name, parts, depth, setType);
      case 'optional':
        return this.one(form, name, parts, depth, optionalType);
      case 'stream':
        return this.one(form, name, parts, depth, streamType);
      case 'tuple':
        return this.several(parts, depth, tupleType);
      case 'union':
        if (parts.length === 0) return this.wrongParts(form, name, 'at least one type');
        return this.several(parts, depth, unionType);
      case 'map-of':
      case 'dict':
        if (parts.length !== 2) return this.wrongParts(form, name, 'the type of the keys and the type of the values');
        return this.several(parts, depth, ([key, value]) => mapOfType(key!, value!));
      case 'map':
      case 'record':
        return this.record(parts, depth);
      case 'and':
        return this.and(form, parts, depth);
      case 'array':
        return this.array(form, parts, depth);
      case 'fn':
      case '=>':
        return this.fn(form, name, parts, depth);
      case 'enum':
        if (parts.length === 0) return this.wrongParts(form, name, 'at least one literal');
        return this.literals(parts, enumType);
      case 'val':
        if (parts.length !== 1) return this.wrongParts(form, name, 'one literal');
        return this.literals(parts, ([value]) => valType(value!));
      case 'resource':
        return this.resource(form, parts);
    }
  }

  private headless(form: VectorForm, head: Form | undefined): null {
    const expected = 'a constructor such as `:vector`';
    if (head === undefined) return this.malformed('`[]` is not a type', form.span, expected, ['a vector of anything is `vector`']);
    if (head.kind === 'symbol' && isConstructor(head.name)) {
      return this.malformed(`the constructor \`${head.name}\` lacks its colon`, head.span, expected, [`write \`${SHAPES[head.name]}\``]);
    }
    const isOne = form.items.length === 1;
    const help = isOne ? 'a vector whose elements are all of one type is `[:vector T]`' : 'a vector of exactly these elements is `[:tuple T…]`, of elements of one type `[:vector T]`';
    return this.malformed('a bracketed type starts with its constructor', head.span, expected, [help]);
  }

  private unknownConstructor(name: string, span: Span): null {
    const expected = 'a constructor such as `:vector`';
    if (isPredicateName(name)) {
      const example = `[:${name}${PREDICATE_OPERANDS[name] === 'none' ? '' : ' …'}]`;
      return this.malformed(`the predicate \`:${name}\` stands alone`, span, 'a type', [`put it behind a type: \`[:and ${typeFor(name)} ${example}]\``]);
    }
    if (!FOREIGN_CONSTRUCTORS.has(name) && namedType(name, this.env) !== null) {
      return this.malformed(`\`${name}\` takes no parts`, span, expected, [`write \`${name}\` alone, or narrow it: \`[:and ${name} …]\``]);
    }
    return this.malformed(`unknown type constructor \`:${name}\``, span, expected, constructorHelp(name));
  }

  private wrongParts(form: VectorForm, name: Constructor, wanted: string): null {
    const count = form.items.length - 1;
    return this.malformed(`\`:${name}\` takes ${wanted}, got ${count === 0 ? 'nothing' : `${count} ${count === 1 ? 'part' : 'parts'}`}`, form.span, `\`${SHAPES[name]}\``);
  }

  private one(form: VectorForm, name: Constructor, parts: readonly Form[], depth: number, make: (item: Value) => Value): Value | null {
    if (parts.length !== 1) return this.wrongParts(form, name, 'exactly one type');
    const item = this.type(parts[0]!, depth);
    return item === null ? null : make(item);
  }

  private several(forms: readonly Form[], depth: number, make: (items: Value[]) => Value): Value | null {
    const items = this.types(forms, depth);
    return items === null ? null : make(items);
  }

  private types(forms: readonly Form[], depth: number): Value[] | null {
    const items: Value[] = [];
    for (const form of forms) {
      const item = this.type(form, depth);
      if (item === null) return null;
      items.push(item);
    }
    return items;
  }

  private fn(form: VectorForm, name: 'fn' | '=>', parts: readonly Form[], depth: number): Value | null {
    const [list, resultForm] = parts;
    if (parts.length !== 2 || list?.kind !== 'vector') {
      return this.malformed(`\`:${name}\` takes a vector of parameter types and a result type`, form.span, `\`${SHAPES[name]}\``);
    }
    const restAt = list.items.findIndex((item) => isWord(item, '&'));
    if (restAt >= 0 && restAt !== list.items.length - 2) {
      return this.malformed('`&` stands before the last parameter type', list.items[restAt]!.span, 'one type after `&`', ['write `[:fn [int & string] T]`']);
    }
    const parameters = this.types(restAt < 0 ? list.items : list.items.slice(0, restAt), depth);
    const rest = parameters !== null && restAt >= 0 ? this.type(list.items[restAt + 1]!, depth) : null;
    const result = this.problem === null ? this.type(resultForm!, depth) : null;
    return parameters === null || result === null ? null : functionType(parameters, rest, result);
  }

  private array(form: VectorForm, parts: readonly Form[], depth: number): Value | null {
    const [itemForm, shape] = parts;
    if (itemForm === undefined || parts.length > 2) return this.wrongParts(form, 'array', 'a type and a vector of lengths');
    if (shape !== undefined && shape.kind !== 'vector') return this.malformed('the lengths of an array stand in a vector', shape.span, '`[3]` or `[2 ?]`');
    const forms = shape?.items ?? [];
    if (forms.length > TYPE_DIMENSIONS_MAX) return this.malformed(`an array has at most ${TYPE_DIMENSIONS_MAX} dimensions`, shape!.span, '`[2 ?]`');
    const dimensions: (number | null)[] = [];
    for (const dimension of forms) {
      const length = lengthOf(dimension);
      if (length === undefined) return this.malformed('this is not a length', dimension.span, 'an integer that is not negative, or `?` for any');
      dimensions.push(length);
    }
    const item = this.type(itemForm, depth);
    return item === null ? null : arrayType(item, dimensions.length === 0 ? [null] : dimensions);
  }

  private resource(form: VectorForm, parts: readonly Form[]): Value | null {
    const [name] = parts;
    if (parts.length === 1 && (name!.kind === 'symbol' || name!.kind === 'keyword')) return resourceType(name!.name);
    if (parts.length === 1 && name!.kind === 'atom' && typeof name!.value === 'string') return resourceType(name!.value);
    return this.wrongParts(form, 'resource', 'one name');
  }

  // --- maps --------------------------------------------------------------------------------------------------------

  private record(parts: readonly Form[], depth: number): Value | null {
    const into: Entries = { entries: [], keys: SetValue.empty(), rest: null };
    for (const part of parts) {
      const read = part.kind === 'map' ? this.bracedEntries(part, into, depth) : this.entry(part, into, depth);
      if (read === null) return null;
    }
    return mapType(into.entries, into.rest);
  }

  private bracedEntries(form: MapForm, into: Entries, depth: number): Entries | null {
    for (let i = 0; i + 1 < form.items.length; i += 2) {
      if (this.addEntry(form.items[i]!, form.items[i + 1]!, false, into, depth) === null) return null;
    }
    return into;
  }

  private entry(form: Form, into: Entries, depth: number): Entries | null {
    if (form.kind !== 'vector') {
      const help = form.kind === 'keyword' ? [`write \`[:${form.name} T]\``] : [];
      return this.malformed('this is not an entry of a map type', form.span, ENTRY_SHAPE, help);
    }
    const [key, type, mark] = form.items;
    if (key === undefined || type === undefined || form.items.length > 3) {
      return this.malformed('an entry of a map type is a key and a type', form.span, ENTRY_SHAPE);
    }
    if (mark !== undefined && !isWord(mark, '?') && !isWord(mark, 'optional')) {
      const help = type.kind === 'map' ? ['an entry that may be absent is `[:key T ?]`'] : [];
      return this.malformed('only `?` may stand after the type of an entry', mark.span, ENTRY_SHAPE, help);
    }
    return this.addEntry(key, type, mark !== undefined, into, depth);
  }

  private addEntry(keyForm: Form, typeForm: Form, optional: boolean, into: Entries, depth: number): Entries | null {
    if (isWord(keyForm, '*')) return this.wildcard(keyForm, typeForm, optional, into, depth);
    const key = this.literal(keyForm);
    if (key === null) return null;
    if (into.keys.has(key.value)) return this.malformed('this key stands twice', keyForm.span, 'one entry for each key');
    const type = this.type(typeForm, depth);
    if (type === null) return null;
    into.keys = into.keys.add(key.value);
    into.entries.push({ key: key.value, type, optional });
    return into;
  }

  private wildcard(keyForm: Form, typeForm: Form, optional: boolean, into: Entries, depth: number): Entries | null {
    if (into.rest !== null) return this.malformed('`:*` stands twice', keyForm.span, 'one entry `[:* T]`');
    if (optional) return this.malformed('`:*` is never required', keyForm.span, '`[:* T]`');
    into.rest = this.type(typeForm, depth);
    return into.rest === null ? null : into;
  }

  // --- literals and predicates -------------------------------------------------------------------------------------

  private literal(form: Form): Box | null {
    if (form.kind === 'atom') return { value: form.value };
    if (form.kind === 'keyword' && form.name !== '') return { value: keyword(form.name) };
    if (form.kind === 'list' && form.items.length === 2 && isWord(form.items[0]!, 'quote') && form.items[1]!.kind === 'symbol') {
      return { value: symbol(form.items[1]!.name) };
    }
    const help = form.kind === 'symbol' ? [`a keyword is \`:${form.name}\`, a text \`"${form.name}"\``] : [];
    return this.malformed('this is not a literal', form.span, 'a keyword, string, number, boolean or nil', help);
  }

  private literals(forms: readonly Form[], make: (values: Value[]) => Value): Value | null {
    const values = this.all(forms, (form) => this.literal(form));
    return values === null ? null : make(values);
  }

  private all(forms: readonly Form[], read: (form: Form) => Box | null): Value[] | null {
    const values: Value[] = [];
    for (const form of forms) {
      const box = read(form);
      if (box === null) return null;
      values.push(box.value);
    }
    return values;
  }

  private and(form: VectorForm, parts: readonly Form[], depth: number): Value | null {
    if (parts.length === 0) return this.wrongParts(form, 'and', 'a type and what narrows it');
    const types: Value[] = [];
    const predicates: Value[] = [];
    for (const part of parts) {
      const name = predicateName(part);
      const value = name === null ? this.conjunct(part, depth) : this.predicate(part, name);
      if (value === null) return null;
      (name === null ? types : predicates).push(value);
    }
    if (types.length === 0) return this.malformed('`:and` starts with a type', parts[0]!.span, `\`${SHAPES.and}\``, ['any value that satisfies the predicates is `[:and any …]`']);
    return andType(types, predicates);
  }

  /** A type inside `:and`; what looks like a predicate that does not exist is told so. */
  private conjunct(form: Form, depth: number): Value | null {
    const head = form.kind === 'vector' ? form.items[0] : form;
    const name = head !== undefined && (head.kind === 'keyword' || head.kind === 'symbol') ? head.name : null;
    const isType = name === null || isConstructor(name) || FOREIGN_CONSTRUCTORS.has(name) || (form.kind !== 'vector' && namedType(name, this.env) !== null);
    if (isType || (form.kind === 'symbol' && !name.startsWith('is-'))) return this.type(form, depth);
    const near = didYouMean(suggest(name, [...PREDICATE_NAMES, ...Object.keys(SHAPES)]), '[:', ' …]');
    const help = near ?? [`the predicates are ${PREDICATE_NAMES.map((known) => `:${known}`).join(', ')}`];
    return this.malformed(`unknown predicate \`:${name}\``, form.span, 'a predicate or a type', [...help, 'other conditions are for the program itself: test them where the value is used']);
  }

  private predicate(form: Form, name: PredicateName): Value | null {
    const operands = this.all(form.kind === 'vector' ? form.items.slice(1) : [], (item) => this.operand(item));
    if (operands === null) return null;
    const shape = PREDICATE_OPERANDS[name];
    const fault = shape === 'pattern' && typeof operands[0] === 'string' ? (this.env.patternProblem?.(operands[0]) ?? null) : null;
    if (fault !== null) return this.malformed(`malformed regular expression: ${fault}`, form.span, 'a regular expression in the syntax of RE2');
    if (fitsOperands(shape, operands)) return predicate(name, operands);
    return this.malformed(`\`:${name}\` takes ${OPERAND_TEXT[shape]}`, form.span, OPERAND_TEXT[shape]);
  }

  private operand(form: Form): Box | null {
    if (form.kind !== 'vector') return this.literal(form);
    const keys = this.all(form.items, (item) => this.literal(item));
    return keys === null ? null : { value: Vector.adopt(keys) };
  }
}

function isWord(form: Form, name: string): boolean {
  return (form.kind === 'symbol' || form.kind === 'keyword') && form.name === name;
}

/** Null for any length, undefined for what is no length. */
function lengthOf(form: Form): number | null | undefined {
  if (isWord(form, '?')) return null;
  if (form.kind !== 'atom' || typeof form.value !== 'number') return undefined;
  return Number.isInteger(form.value) && form.value >= 0 ? form.value : undefined;
}

/** The predicate that a part of `:and` is: `[:> 0]`, `[> 0]`, `:non-empty`. */
function predicateName(form: Form): PredicateName | null {
  const head = form.kind === 'vector' ? form.items[0] : form;
  if (head === undefined || (head.kind !== 'keyword' && head.kind !== 'symbol')) return null;
  const fits = form.kind === 'vector' ? isPredicateName(head.name) : BARE_PREDICATES.has(head.name);
  return fits ? (head.name as PredicateName) : null;
}
