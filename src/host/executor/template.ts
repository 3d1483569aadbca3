/**
 * Templates of manifests: text with `{name}` for a field of the input (`{user.name}` inside it, `{0}` for an element), `{secret:NAME}`
 * for a secret, and `{{` `}}` for the brackets themselves.
 */
import { suggest } from '../../diagnostic/suggest.ts';
import { MapValue } from '../../value/map.ts';
import { displayValue } from '../../value/print.ts';
import { isNumber, Keyword, keyword, type Value } from '../../value/value.ts';
import { Vector } from '../../value/vector.ts';
import { argumentFailure, shown } from '../failure.ts';

type Piece = { readonly kind: 'text'; readonly text: string } | { readonly kind: 'field'; readonly path: readonly string[] } | { readonly kind: 'secret'; readonly name: string };

function pieces(template: string): Piece[] | null {
  const found: Piece[] = [];
  let at = 0;
  for (const match of template.matchAll(/\{\{|\}\}|\{([^{}]*)\}|[{}]/g)) {
    if (match.index > at) found.push({ kind: 'text', text: template.slice(at, match.index) });
    at = match.index + match[0].length;
    const inside = match[1];
    if (match[0] === '{{' || match[0] === '}}') found.push({ kind: 'text', text: match[0][0]! });
    else if (inside === undefined || inside === '') return null;
    else if (inside.startsWith('secret:')) found.push({ kind: 'secret', name: inside.slice('secret:'.length) });
    else found.push({ kind: 'field', path: inside.split('.') });
  }
  if (at < template.length) found.push({ kind: 'text', text: template.slice(at) });
  return found;
}

/** What is wrong with a template that may use these secrets, or null. */
export function templateProblem(template: string, secrets: readonly string[]): { readonly message: string; readonly help: readonly string[] } | null {
  const parts = pieces(template);
  if (parts === null) return { message: `"${template}" has a bracket too many`, help: ['fields are written {name}, a bracket itself {{ or }}'] };
  const foreign = parts.find((part) => part.kind === 'secret' && !secrets.includes(part.name));
  if (foreign?.kind !== 'secret') return null;
  const meant = suggest(foreign.name, secrets, 1)[0];
  return { message: `the secret "${foreign.name}" cannot be used here`, help: [meant === undefined ? 'name it in "secrets"; secrets may stand in headers and environments only' : `did you mean "${meant}"?`] };
}

export interface Filling {
  /** Of the capability, for messages. */
  readonly operation: string;
  readonly input: Value;
  /** The text of a secret; fails with a `HostFailure` when there is none. */
  readonly secret: (name: string) => Promise<string>;
  /** What a field becomes in its surroundings. */
  readonly escape: (text: string) => string;
}

/** Rejects with a `HostFailure` when a field is missing or has no text. */
export async function fill(template: string, filling: Filling): Promise<string> {
  const texts: string[] = [];
  for (const piece of pieces(template) ?? []) texts.push(piece.kind === 'text' ? piece.text : piece.kind === 'secret' ? await filling.secret(piece.name) : fieldText(piece.path, filling));
  return texts.join('');
}

/** Names with templates of their values, filled in one after the other. */
export async function fillAll(templates: readonly (readonly [string, string])[], filling: Filling): Promise<readonly (readonly [string, string])[]> {
  const filled: (readonly [string, string])[] = [];
  for (const [name, template] of templates) filled.push([name, await fill(template, filling)]);
  return filled;
}

function fieldText(path: readonly string[], { operation, input, escape }: Filling): string {
  const value = path.reduce<Value>((from, name) => part(from, name), input);
  const text = typeof value === 'string' ? value : value instanceof Keyword ? value.name : isNumber(value) || typeof value === 'boolean' ? displayValue(value) : null;
  if (text !== null) return escape(text);
  throw argumentFailure(operation, value === null ? `the input has no ${path.join('.')}` : `${path.join('.')} is ${shown(value)}, which cannot stand in a text`);
}

/** nil when there is none. */
export function part(value: Value, name: string | number): Value {
  if (value instanceof MapValue) return value.get(keyword(String(name))) ?? value.get(String(name)) ?? null;
  if (value instanceof Vector && /^\d{1,9}$/.test(String(name))) return value.get(Number(name)) ?? null;
  return null;
}
