/** What is open while forms are built: a stack of brackets and shorthands. */

export type Bracket = 'list' | 'vector' | 'map' | 'set' | 'fn';
export type Shorthand = 'quote' | 'quasiquote' | 'unquote' | 'unquote-splicing';
export type Prefix = Shorthand | 'at' | 'meta' | 'discard';

export class Frame {
  kind: Bracket | Prefix | 'program' = 'program';
  isPrefix = false;
  start = 0;
  /** Where the bracket or shorthand itself ends. */
  markEnd = 0;
  /** Where its forms begin among the pending ones. */
  from = 0;
  /** A bracket in here was put in by the repair: what was counted wrong may be the repair's doing. */
  mended = false;
  /** `#(…)` only: the highest `%n` used, and whether `%&` was. */
  highest = 0;
  usesRest = false;
}

/** There is one frame for each depth, which serves all brackets of that depth in turn. */
export class FrameStack {
  /** The innermost frame; that of the whole text when nothing is open. */
  top: Frame = new Frame();
  private readonly frames: Frame[] = [this.top];
  private depth = 0;

  push(kind: Bracket | Prefix, isPrefix: boolean, from: number, start: number, markEnd: number): void {
    const depth = ++this.depth;
    if (depth === this.frames.length) this.frames.push(new Frame());
    const frame = this.frames[depth]!;
    frame.kind = kind;
    frame.isPrefix = isPrefix;
    frame.start = start;
    frame.markEnd = markEnd;
    frame.from = from;
    frame.mended = false;
    frame.highest = 0;
    frame.usesRest = false;
    this.top = frame;
  }

  /** Takes the innermost frame off; what is in it holds until the next `push`. Never called for that of the whole text. */
  pop(): Frame {
    const frame = this.top;
    this.top = this.frames[--this.depth]!;
    return frame;
  }
}
