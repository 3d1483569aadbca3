/**
 * The tree of steps in a terminal, redrawn in place while the plan runs. It owns the lines from the one after the last
 * text of the plan down to the cursor; nobody else writes there without taking the tree away first.
 *
 * - L1 Between two writes the cursor stands at the margin of the line below the tree, and is never hidden: however the
 *   process ends, the terminal is as it should be.
 * - L2 Nothing is drawn before a step has lasted `SLOW_MS`, nor more often than every `FRAME_MS`.
 * - L3 The plan's text is written where the tree was, and the tree again below it. In the middle of a line, and while a
 *   question waits for its answer, there is no tree.
 */
import type { Event } from '../../evaluator/event.ts';
import type { Clock, Console } from '../../host/port.ts';
import { passedText } from '../passed.ts';
import type { Terminal } from '../terminal.ts';
import type { Watch } from '../watching.ts';
import { Progress } from './model.ts';
import { type Line, renderTree } from './render.ts';

const SLOW_MS = 200;
const FRAME_MS = 100;

export type Screen = Pick<Terminal, 'error' | 'columns' | 'rows' | 'errorColour' | 'inEchoes' | 'outMoves'>;

export function liveTree(screen: Screen, clock: Clock): Watch {
  const tree = new LiveTree(screen, clock);
  return { observer: { events: (events) => tree.add(events), passed: (what) => void tree.tell(passedText(what)) }, console: (inner) => tree.console(inner), end: () => tree.end() };
}

/** For a stream that is no terminal: the tree once, at the end. */
export function lastTree(screen: Pick<Terminal, 'error' | 'errorColour'>, clock: Clock): Watch {
  const progress = new Progress();
  return {
    observer: { events: (events) => events.forEach((event) => progress.add(event, clock.nowMs())) },
    console: (inner) => inner,
    end: () => {
      progress.stop(clock.nowMs());
      const lines = renderTree(progress.root, clock.nowMs(), { columns: 100, rows: 1000 }, screen.errorColour);
      screen.error(lines.map((line) => `${line.text}\n`).join(''));
    },
  };
}

class LiveTree {
  private readonly screen: Screen;
  private readonly clock: Clock;
  private readonly progress = new Progress();
  private readonly ended = new AbortController();
  private isTicking = false;
  /** What stands on the screen now. */
  private drawn: readonly Line[] = [];
  private drawnMs = -Infinity;
  private questions = 0;
  /** The plan's text has not come to the end of its line. */
  private isInLine = false;

  constructor(screen: Screen, clock: Clock) {
    this.screen = screen;
    this.clock = clock;
  }

  add(events: readonly Event[]): void {
    if (events.length === 0) return;
    const nowMs = this.clock.nowMs();
    for (const event of events) this.progress.add(event, nowMs);
    if (!this.isTicking) void this.tick();
  }

  /** Leaves the tree as it is in the end, if there was one to see. */
  end(): void {
    this.ended.abort();
    this.progress.stop(this.clock.nowMs());
    if (!this.isWorthwhile()) return;
    if (this.isInLine || this.questions > 0) this.screen.error('\n');
    this.draw();
  }

  console(inner: Console): Console {
    return {
      writeOut: (text) => (this.screen.outMoves ? this.write(text, inner.writeOut) : inner.writeOut(text)),
      writeError: (text) => this.write(text, inner.writeError),
      ask: (prompt, signal) => this.ask(() => inner.ask(prompt, signal)),
      close: () => inner.close(),
    };
  }

  /** A line above the tree. */
  tell(text: string): Promise<void> {
    return this.write(text, async (line) => this.screen.error(line));
  }

  private async tick(): Promise<void> {
    this.isTicking = true;
    const { signal } = this.ended;
    for (;;) {
      await this.clock.sleep(FRAME_MS, signal);
      if (signal.aborted) return;
      this.drawIfFree();
    }
  }

  private async write(text: string, write: (text: string) => Promise<void>): Promise<void> {
    if (text === '') return write(text);
    this.clear();
    this.isInLine = !text.endsWith('\n');
    await write(text);
    if (!this.ended.signal.aborted && this.clock.nowMs() - this.drawnMs >= FRAME_MS) this.drawIfFree();
  }

  private async ask(put: () => Promise<string | null>): Promise<string | null> {
    this.clear();
    this.questions += 1;
    let answer: string | null = null;
    try {
      answer = await put();
      return answer;
    } finally {
      this.questions -= 1;
      // The line of the question ends with the answer that was typed; when none was, it has to be ended here.
      if (this.isTicking && !this.ended.signal.aborted && (answer === null || !this.screen.inEchoes)) this.screen.error('\n');
      this.isInLine = false;
    }
  }

  private drawIfFree(): void {
    if (!this.isInLine && this.questions === 0 && this.isWorthwhile()) this.draw();
  }

  private isWorthwhile(): boolean {
    return this.drawnMs > -Infinity || this.progress.longestMs(this.clock.nowMs()) >= SLOW_MS;
  }

  private draw(): void {
    const { screen } = this;
    const nowMs = this.clock.nowMs();
    // A line that fills the last column would leave the cursor in doubt; below the tree is the line of the cursor.
    const lines = renderTree(this.progress.root, nowMs, { columns: Math.max(1, screen.columns - 1), rows: Math.max(1, screen.rows - 1) }, screen.errorColour);
    const isSame = lines.length === this.drawn.length && lines.every((line, i) => line.text === this.drawn[i]!.text);
    this.drawnMs = nowMs;
    if (isSame) return;
    screen.error(`${this.toTop()}${lines.map((line) => `${line.text}${CLEAR_LINE}\n`).join('')}${CLEAR_BELOW}`);
    this.drawn = lines;
  }

  private clear(): void {
    if (this.drawn.length > 0) this.screen.error(`${this.toTop()}${CLEAR_BELOW}`);
    this.drawn = [];
  }

  /** A terminal that has become narrower has broken the lines. */
  private toTop(): string {
    const { columns } = this.screen;
    const rows = this.drawn.reduce((sum, line) => sum + Math.max(1, Math.ceil(line.columns / columns)), 0);
    return rows === 0 ? '' : `\r\u001b[${rows}A`;
  }
}

const CLEAR_LINE = '\u001b[K';
const CLEAR_BELOW = '\u001b[J';
