/**
 * Forms: what the reader yields. Data of the language with a span on every piece, so that every later message can
 * point at the text. Reader shorthands are already lists here: `'x` is `(quote x)`, `` `x `` is `(quasiquote x)`,
 * `~x` is `(unquote x)`, `~@x` is `(unquote-splicing x)`, `#(f %)` is `(fn [%1] (f %1))`, `@x` is
 * `(context-ref "x")`, `@:x` is the symbol `x`, `<a/b>` is `(ctx-ref "a/b")`.
 */
import type { Span } from '../diagnostic/span.ts';
import type { Float, Handle, Timestamp, Uuid } from '../value/value.ts';

export type Form = AtomForm | KeywordForm | SymbolForm | ListForm | VectorForm | MapForm | SetForm;

export interface AtomForm {
  readonly kind: 'atom';
  readonly value: null | boolean | number | bigint | Float | string | Timestamp | Uuid | Handle;
  readonly span: Span;
}

/** `:a`; `name` is without the colon. A lone `:` reads as a keyword with the empty name (only annotations use it). */
export interface KeywordForm {
  readonly kind: 'keyword';
  readonly name: string;
  readonly span: Span;
}

export interface SymbolForm {
  readonly kind: 'symbol';
  readonly name: string;
  readonly span: Span;
  /** From `^{…}` or `^:k` written before it: a map form. */
  readonly meta?: MapForm;
}

export interface ListForm {
  readonly kind: 'list';
  readonly items: readonly Form[];
  readonly span: Span;
  readonly meta?: MapForm;
}

export interface VectorForm {
  readonly kind: 'vector';
  readonly items: readonly Form[];
  readonly span: Span;
  readonly meta?: MapForm;
}

/** `items` alternates keys and values, in source order; its length is even. */
export interface MapForm {
  readonly kind: 'map';
  readonly items: readonly Form[];
  readonly span: Span;
  readonly meta?: MapForm;
}

export interface SetForm {
  readonly kind: 'set';
  readonly items: readonly Form[];
  readonly span: Span;
  readonly meta?: MapForm;
}
