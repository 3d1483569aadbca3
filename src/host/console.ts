/**
 * A console over three streams: text out, notes and questions on the error stream, answers from the input.
 * The input is read only while a question waits, so a program that asks nothing leaves it alone.
 */
import { createInterface, type Interface } from 'node:readline';
import type { Console } from './port.ts';

export interface ConsoleStreams {
  readonly input: NodeJS.ReadableStream;
  readonly output: NodeJS.WritableStream;
  readonly error: NodeJS.WritableStream;
}

export function streamConsole(streams: ConsoleStreams): Console {
  // Each write reports its own failure; without a listener a closed pipe would also end the process.
  for (const stream of [streams.output, streams.error]) stream.on('error', () => undefined);
  const lines = new LineReader(streams.input);
  let asking: Promise<unknown> = Promise.resolve();
  return {
    writeOut: (text) => write(streams.output, text),
    writeError: (text) => write(streams.error, text),
    ask: (prompt, signal) => {
      const answer = asking.then(async () => {
        if (signal.aborted) return null;
        await write(streams.error, prompt);
        return lines.next(signal);
      });
      asking = answer.catch(() => undefined);
      return answer;
    },
    close: () => lines.close(),
  };
}

function write(stream: NodeJS.WritableStream, text: string): Promise<void> {
  return new Promise((resolve, reject) => {
    stream.write(text, (error) => (error ? reject(error) : resolve()));
  });
}

/** Lines of a stream, one at a time; those that came early are kept. */
class LineReader {
  private readonly input: NodeJS.ReadableStream;
  private reader: Interface | null = null;
  private readonly lines: string[] = [];
  private ended = false;
  private wake: () => void = () => undefined;

  constructor(input: NodeJS.ReadableStream) {
    this.input = input;
  }

  /** Null at the end of the input, and when the signal is aborted first. */
  async next(signal: AbortSignal): Promise<string | null> {
    const abort = (): void => this.wake();
    signal.addEventListener('abort', abort);
    this.open().resume();
    while (this.lines.length === 0 && !this.ended && !signal.aborted) await new Promise<void>((resolve) => (this.wake = resolve));
    signal.removeEventListener('abort', abort);
    if (!this.ended) this.reader?.pause();
    return signal.aborted ? null : (this.lines.shift() ?? null);
  }

  close(): void {
    this.ended = true;
    this.reader?.close();
    this.wake();
  }

  private open(): Interface {
    if (this.reader !== null) return this.reader;
    const reader = createInterface({ input: this.input, terminal: false });
    reader.on('line', (line) => {
      this.lines.push(line);
      this.wake();
    });
    reader.on('close', () => {
      this.ended = true;
      this.wake();
    });
    this.input.on('error', () => reader.close());
    this.reader = reader;
    return reader;
  }
}
