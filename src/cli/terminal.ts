/**
 * The two streams that commands write to. Data goes to `out`, everything else to `error`. What was written when the
 * command is done still gets out: nobody calls `process.exit`.
 *
 * When the reader of a stream goes away (`rtfs … | head -1`), what is written after that is dropped without a word.
 */
import { writeSync } from 'node:fs';

export type ColourChoice = 'auto' | 'always' | 'never';

export const COLOUR_CHOICES: readonly ColourChoice[] = ['auto', 'always', 'never'];

export interface Terminal {
  readonly out: (text: string) => void;
  readonly error: (text: string) => void;
  /** The streams themselves, for a console that waits for each write. */
  readonly outStream: () => NodeJS.WriteStream;
  readonly errorStream: () => NodeJS.WriteStream;
  readonly outColour: boolean;
  readonly errorColour: boolean;
  /** The size of the error stream, where diagnostics go. */
  readonly columns: number;
  readonly rows: number;
  /** The stream is a terminal in which the cursor can be moved. */
  readonly outMoves: boolean;
  readonly errorMoves: boolean;
  /** What is typed is seen. */
  readonly inEchoes: boolean;
  /** True once somebody closed the reading end of `out`. */
  readonly isOutClosed: () => boolean;
}

export function processTerminal(choice: ColourChoice): Terminal {
  const out = sink(1, () => process.stdout);
  const error = sink(2, () => process.stderr);
  // Something is about to be written to it.
  const isOutTerminal = (): boolean => out.open().isTTY === true;
  return {
    out: out.write,
    error: error.write,
    outStream: out.open,
    errorStream: error.open,
    get outColour() {
      return isColoured(choice, isOutTerminal);
    },
    get errorColour() {
      return isColoured(choice, () => isTerminal(2));
    },
    // A terminal that was never told its size says 0.
    get columns() {
      return isTerminal(2) ? process.stderr.columns || 80 : 100;
    },
    get rows() {
      return isTerminal(2) ? process.stderr.rows || 24 : 1000;
    },
    get outMoves() {
      return canMove(isOutTerminal);
    },
    get errorMoves() {
      return canMove(() => isTerminal(2));
    },
    get inEchoes() {
      return isTerminal(0);
    },
    isOutClosed: out.isClosed,
  };
}

interface Sink {
  readonly write: (text: string) => void;
  readonly open: () => NodeJS.WriteStream;
  readonly isClosed: () => boolean;
}

/** The stream is opened when nothing else will do: that costs milliseconds. */
function sink(descriptor: 1 | 2, standard: () => NodeJS.WriteStream): Sink {
  let stream: NodeJS.WriteStream | null = null;
  let closed = false;
  const open = (): NodeJS.WriteStream => {
    if (stream !== null) return stream;
    stream = standard();
    stream.on('error', () => {
      closed = true;
    });
    return stream;
  };
  const write = (text: string): void => {
    if (closed || text === '') return;
    if (stream !== null || !CAN_WRITE_AT_ONCE) {
      open().write(text);
      return;
    }
    try {
      const rest = writeAtOnce(descriptor, text);
      if (rest.length > 0) open().write(rest);
    } catch {
      closed = true; // as any error of the stream
    }
  };
  return { write, open, isClosed: () => closed };
}

/** Consoles of Windows want their text from the stream, in their own encoding. */
const CAN_WRITE_AT_ONCE = process.platform !== 'win32';

/** Gives what is left to write when whoever reads is too slow for now. Throws when nobody reads any more. */
function writeAtOnce(descriptor: 1 | 2, text: string): Uint8Array {
  let rest: Uint8Array = Buffer.from(text);
  try {
    while (rest.length > 0) rest = rest.subarray(writeSync(descriptor, rest));
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'EAGAIN') throw cause;
  }
  return rest;
}

/** The module is loaded when somebody asks: it brings all that node knows of networks. */
function isTerminal(descriptor: 0 | 2): boolean {
  return process.getBuiltinModule('node:tty').isatty(descriptor);
}

function canMove(isTerminal: () => boolean): boolean {
  return process.env['TERM'] !== 'dumb' && isTerminal();
}

/** What the user asked for counts first, then NO_COLOR, FORCE_COLOR, and whether somebody looks at a terminal. */
function isColoured(choice: ColourChoice, isTerminal: () => boolean): boolean {
  if (choice !== 'auto') return choice === 'always';
  const { NO_COLOR, FORCE_COLOR, TERM } = process.env;
  if (NO_COLOR !== undefined && NO_COLOR !== '') return false;
  if (FORCE_COLOR !== undefined && FORCE_COLOR !== '') return FORCE_COLOR !== '0' && FORCE_COLOR !== 'false';
  return TERM !== 'dumb' && isTerminal();
}
