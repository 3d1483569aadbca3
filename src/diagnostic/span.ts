/** A stretch of source text: offsets in UTF-16 code units, `end` exclusive. */
export interface Span {
  /** The name of the source as the user knows it: a path, `<stdin>`, `<expr>`, `<repl:3>`. */
  readonly file: string;
  readonly start: number;
  readonly end: number;
}
