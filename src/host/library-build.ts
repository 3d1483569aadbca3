/**
 * Building the library's image from its sources: declarations of primitives with their docs, aliases, and functions
 * written in RTFS. Runs when the project is built, never in a plan.
 */
import { type Diagnostic, diagnostic } from '../diagnostic/diagnostic.ts';
import type { CodeTable } from '../evaluator/code.ts';
import { groupBytes, hashDefinitions } from '../ir/hash.ts';
import { encodeBase64, type LibraryImage } from '../ir/image.ts';
import { childNodes } from '../ir/walk.ts';
import type { Definition, LetrecGroup, Node, Unit } from '../ir/node.ts';
import type { Form, ListForm } from '../parser/form.ts';
import type { Arity, Library, LibraryEntry } from '../parser/namespace.ts';
import { headName, ProgramBuilder } from '../parser/program.ts';
import { read } from '../parser/reader.ts';
import type { PrimitiveTable } from '../evaluator/primitives/registry.ts';

export interface LibraryDoc {
  readonly name: string;
  readonly kind: 'function' | 'macro' | 'value' | 'struct' | 'primitive' | 'alias' | 'special form';
  readonly parameters: readonly string[];
  readonly text: string;
}

export interface LibraryBuild {
  readonly image: LibraryImage;
  readonly docs: readonly LibraryDoc[];
  readonly diagnostics: readonly Diagnostic[];
}

export interface LibrarySource {
  readonly file: string;
  readonly text: string;
}

export function buildLibrary(sources: readonly LibrarySource[], primitives: PrimitiveTable): LibraryBuild {
  const diagnostics: Diagnostic[] = [];
  const forms: Form[] = [];
  const declarations: ListForm[] = [];
  for (const source of sources) {
    const result = read(source.text, source.file);
    diagnostics.push(...result.diagnostics);
    for (const form of result.forms) {
      const head = headName(form);
      if (head === 'defprimitive' || head === 'defalias' || head === 'defspecial') declarations.push(form as ListForm);
      else forms.push(form);
    }
  }
  const builder = new ProgramBuilder({ library: new PrimitiveLibrary(primitives), expander: () => ({ ok: false, message: 'the library has no macros', limit: false }), internal: true, variables: [] });
  const aliases = readAliases(declarations);
  const program = builder.build([...forms, ...[]], 'library');
  diagnostics.push(...program.diagnostics.filter((one) => one.code !== 'W0602' || one.severity === 'error'));
  hashDefinitions(program.definitions);
  const docs = [...readDocs(declarations, diagnostics), ...[...program.namespace.documentation.values()].filter((doc) => !doc.name.startsWith('%')).map(
    (doc): LibraryDoc => ({ name: doc.name, kind: doc.kind, parameters: doc.parameters, text: doc.text ?? '' }),
  )];
  const image = makeImage(program.namespace.names, primitives, aliases);
  return { image, docs, diagnostics };
}

/** The primitives alone: what the library's own code is resolved against, besides itself. */
class PrimitiveLibrary implements Library {
  private readonly primitives: PrimitiveTable;
  constructor(primitives: PrimitiveTable) {
    this.primitives = primitives;
  }
  lookup(name: string): LibraryEntry | null {
    const primitive = this.primitives.get(name);
    return primitive === null ? null : { kind: 'primitive', name, min: primitive.min, max: primitive.max };
  }
  names(): Iterable<string> {
    return this.primitives.names();
  }
}

type Globals = ReadonlyMap<string, { readonly kind: string; readonly definition?: Definition; readonly arities?: readonly Arity[] }>;

function makeImage(globals: Globals, primitives: PrimitiveTable, aliases: readonly (readonly [string, string])[]): LibraryImage {
  const groups: [string, string, (string | null)[]][] = [];
  const groupNumber = new Map<string, number>();
  const definitions: [string, number, number, [number, number][]][] = [];
  const addGroup = (definition: Definition): number => {
    const known = groupNumber.get(definition.group);
    if (known !== undefined) return known;
    groupNumber.set(definition.group, groups.length);
    groups.push([definition.group, encodeBase64(groupBytes(definition)), definition.members.flatMap((member) => unitNames(member.unit))]);
    return groups.length - 1;
  };
  for (const [name, global] of globals) {
    if (global.kind !== 'definition' || global.definition === undefined) continue;
    const arities = (global.arities ?? []).map((arity): [number, number] => [arity.required, arity.variadic ? 1 : 0]);
    definitions.push([name, addGroup(global.definition), global.definition.member, arities]);
  }
  return {
    version: 1,
    primitives: [...primitives.names()].map((name) => {
      const primitive = primitives.get(name)!;
      return [name, primitive.min, primitive.max === Number.POSITIVE_INFINITY ? null : primitive.max] as const;
    }),
    aliases,
    definitions,
    groups,
  };
}

/** The names of a unit and of the functions inside it, in the order in which they are encoded. */
export function unitNames(unit: Unit): (string | null)[] {
  const names: (string | null)[] = [unit.name];
  const seen = new Set<LetrecGroup>();
  const open: Node[] = unit.arms.map((arm) => arm.body).reverse();
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    if (node.kind === 'fn' && !seen.has(node.group)) {
      seen.add(node.group);
      for (const inner of node.group.units) names.push(...unitNames(inner));
    }
    const children = childNodes(node);
    for (let i = children.length - 1; i >= 0; i--) open.push(children[i]!);
  }
  return names;
}

function readAliases(declarations: readonly ListForm[]): (readonly [string, string])[] {
  const aliases: (readonly [string, string])[] = [];
  for (const form of declarations) {
    const [, alias, name] = form.items;
    if (headName(form) === 'defalias' && alias?.kind === 'symbol' && name?.kind === 'symbol') aliases.push([alias.name, name.name]);
  }
  return aliases;
}

function readDocs(declarations: readonly ListForm[], diagnostics: Diagnostic[]): LibraryDoc[] {
  const docs: LibraryDoc[] = [];
  for (const form of declarations) {
    const head = headName(form);
    const [, name, ...rest] = form.items;
    if (name?.kind !== 'symbol') continue;
    if (head === 'defalias') {
      const target = rest[0];
      docs.push({ name: name.name, kind: 'alias', parameters: [], text: target?.kind === 'symbol' ? target.name : '' });
      continue;
    }
    const text = rest[rest.length - 1];
    if (text?.kind !== 'atom' || typeof text.value !== 'string') {
      diagnostics.push(diagnostic('E0202', `\`${name.name}\` is declared without a docstring`, form.span));
      continue;
    }
    const shapes = rest[0]?.kind === 'vector' ? [rest[0]] : rest[0]?.kind === 'list' ? rest[0].items : [];
    if (!name.name.startsWith('%')) {
      docs.push({ name: name.name, kind: head === 'defspecial' ? 'special form' : 'primitive', parameters: shapes.map(formText), text: text.value });
    }
  }
  return docs;
}

function formText(form: Form): string {
  switch (form.kind) {
    case 'symbol':
      return form.name;
    case 'keyword':
      return `:${form.name}`;
    case 'vector':
      return `[${form.items.map(formText).join(' ')}]`;
    case 'list':
      return `(${form.items.map(formText).join(' ')})`;
    case 'map':
      return `{${form.items.map(formText).join(' ')}}`;
    case 'set':
      return `#{${form.items.map(formText).join(' ')}}`;
    case 'atom':
      return String(form.value);
  }
}

export type { CodeTable };
