/**
 * Types of structs (§4.7 of the language): from the fields of `(defstruct Name :field Type …)` to a closed type.
 *
 * Structs that are declared together may mention themselves and each other, in any order. The type of one that
 * mentions no other is `[:struct …]`; else it is a `[:rec …]` of all structs that can be reached from it, each written
 * once, so types stay as small as their declarations however the structs are entangled.
 */
import { type Diagnostic, diagnostic, type Result } from '../diagnostic/diagnostic.ts';
import type { Span } from '../diagnostic/span.ts';
import { ANY, fitsTypeLimits, recursiveType, structRef, structType, type TypeEntry } from '../ir/type.ts';
import { keyword, type Value } from '../value/value.ts';
import type { Form } from './form.ts';
import { parseType } from './type-form.ts';
import type { TypeEnv } from './type-name.ts';

export interface StructDeclaration {
  readonly name: string;
  /** What stands behind the name: `:field Type …`. A lone `:` before a type is allowed and means nothing. */
  readonly fields: readonly Form[];
  readonly span: Span;
}

export interface Structs {
  /** The closed type of each declared struct; `:any` for one whose fields are wrong, so that its uses stay quiet. */
  readonly types: ReadonlyMap<string, Value>;
  readonly diagnostics: readonly Diagnostic[];
}

/** One struct that may mention itself and what `env` knows. */
export function parseStruct(declaration: StructDeclaration, env: TypeEnv): Result<Value, Diagnostic> {
  const { types, diagnostics } = parseStructs([declaration], env);
  const error = diagnostics[0];
  return error === undefined ? { ok: true, value: types.get(declaration.name)! } : { ok: false, error };
}

/** Structs that may mention each other. The last of several with one name counts. */
export function parseStructs(declarations: readonly StructDeclaration[], env: TypeEnv): Structs {
  const byName = new Map(declarations.map((declaration) => [declaration.name, declaration]));
  const open = new Map<string, OpenStruct>();
  const diagnostics: Diagnostic[] = [];
  for (const declaration of byName.values()) {
    const struct = parseOpen(declaration, byName, env);
    if (struct.ok) open.set(declaration.name, struct.value);
    else diagnostics.push(struct.error);
  }
  const types = new Map<string, Value>();
  for (const { name, span } of byName.values()) {
    const type = open.has(name) ? close(name, open) : ANY;
    const fits = fitsTypeLimits(type);
    if (!fits) diagnostics.push(diagnostic('E0221', `the struct \`${name}\` is too large or nested too deeply`, span));
    types.set(name, fits ? type : ANY);
  }
  return { types, diagnostics };
}

/** A struct type that mentions the structs declared with it by `[:struct-ref …]`. */
interface OpenStruct {
  readonly type: Value;
  readonly mentions: ReadonlySet<string>;
}

function parseOpen(declaration: StructDeclaration, byName: ReadonlyMap<string, StructDeclaration>, env: TypeEnv): Result<OpenStruct, Diagnostic> {
  const mentions = new Set<string>();
  const inside: TypeEnv = {
    ...env,
    structs: (name) => {
      if (!byName.has(name)) return env.structs(name);
      mentions.add(name);
      return structRef(name);
    },
    structNames: () => [...byName.keys(), ...(env.structNames?.() ?? [])],
  };
  const entries = parseFields(declaration, inside);
  return entries.ok ? { ok: true, value: { type: structType(declaration.name, entries.value), mentions } } : entries;
}

function parseFields(declaration: StructDeclaration, env: TypeEnv): Result<TypeEntry[], Diagnostic> {
  const { fields } = declaration;
  const entries: TypeEntry[] = [];
  const seen = new Set<string>();
  for (let i = 0; i < fields.length; ) {
    const field = fields[i]!;
    if (field.kind !== 'keyword' || field.name === '') return wrong('a field of a struct is a keyword and a type', field.span);
    if (seen.has(field.name)) return wrong(`the field \`:${field.name}\` stands twice`, field.span);
    const next = fields[i + 1];
    const hasColon = next?.kind === 'keyword' && next.name === '';
    const typeForm = hasColon ? fields[i + 2] : next;
    if (typeForm === undefined) return wrong(`the field \`:${field.name}\` has no type`, field.span);
    const type = parseType(typeForm, env);
    if (!type.ok) return type;
    seen.add(field.name);
    entries.push({ key: keyword(field.name), type: type.value, optional: false });
    i += hasColon ? 3 : 2;
  }
  return { ok: true, value: entries };
}

function wrong(message: string, span: Span): Result<never, Diagnostic> {
  return { ok: false, error: diagnostic('E0221', message, span, { expected: '`:field Type`', help: ['write `(defstruct Name :field Type …)`'] }) };
}

function close(name: string, open: ReadonlyMap<string, OpenStruct>): Value {
  const reached = reachable(name, open);
  const own = open.get(name)!.type;
  if (reached.size === 1) return own;
  return recursiveType(name, [...reached].map((member) => open.get(member)?.type ?? structType(member, [])));
}

function reachable(name: string, open: ReadonlyMap<string, OpenStruct>): Set<string> {
  const reached = new Set([name]);
  for (const member of reached) for (const mention of open.get(member)?.mentions ?? []) reached.add(mention);
  return reached;
}
