/** Templates with marked expressions, and the programs that they stand for. */

export interface Mark {
  /** Whether the expression is evaluated when the program runs. */
  readonly live: boolean;
}

export interface Template {
  readonly marks: readonly Mark[];
  /** The program in which each mark that is in `active` is a call of the capability `m<number>`. */
  readonly render: (active: ReadonlySet<number>) => string;
}

type Piece = string | { readonly mark: number; readonly pieces: readonly Piece[] };

export function template(text: string): Template {
  const marks: Mark[] = [];
  let at = 0;
  const pieces = (end: string): Piece[] => {
    const found: Piece[] = [];
    for (;;) {
      const from = at;
      while (at < text.length && !'⟦⟧⟪⟫'.includes(text[at]!)) at += 1;
      if (at > from) found.push(text.slice(from, at));
      const bracket = text[at] ?? '';
      at += 1;
      if (bracket === end) return found;
      if (bracket !== '⟦' && bracket !== '⟪') throw new Error(`marks do not balance in ${text}`);
      const mark = marks.length;
      marks.push({ live: bracket === '⟦' });
      found.push({ mark, pieces: pieces(bracket === '⟦' ? '⟧' : '⟫') });
    }
  };
  const whole = pieces('');
  const render = (parts: readonly Piece[], active: ReadonlySet<number>): string =>
    parts
      .map((part) => {
        if (typeof part === 'string') return part;
        const inside = render(part.pieces, active);
        return active.has(part.mark) ? `(call :m${part.mark} ${inside})` : inside;
      })
      .join('');
  return { marks, render: (active) => render(whole, active) };
}
