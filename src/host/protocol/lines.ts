/** The protocol over streams: a message is a line of UTF-8, in both directions. One request after the other, in the order in which they came. */
import type { Readable, Writable } from 'node:stream';
import type { Protocol } from './protocol.ts';
import { errorText, RPC_CODES, RpcError } from './rpc.ts';

const NEWLINE = 0x0a;

/** Answers until the input ends or nobody reads the output any more. A line that is too long is refused and passed over, whatever its length. */
export async function serveLines(protocol: Protocol, input: Readable, output: Writable): Promise<void> {
  // Whoever reads may go at any time; the loop finds that out for itself.
  output.on('error', () => undefined);
  const lines = new LineReader(protocol.messageMax);
  for await (const bytes of input as AsyncIterable<Buffer>) {
    for (const line of lines.take(bytes)) if (!(await respond(protocol, line, output))) return;
  }
  const last = lines.rest();
  if (last !== null) await respond(protocol, last, output);
}

/** A line, or that there was one which is too long. */
type Line = { readonly text: string } | { readonly tooLong: true };

class LineReader {
  private readonly bytesMax: number;
  private pieces: Buffer[] = [];
  private size = 0;
  private isPassing = false;

  constructor(lengthMax: number) {
    this.bytesMax = lengthMax * 3; // the bytes of a UTF-16 code unit, at most
  }

  *take(bytes: Buffer): Generator<Line> {
    let from = 0;
    for (let end = bytes.indexOf(NEWLINE); end >= 0; end = bytes.indexOf(NEWLINE, from)) {
      this.add(bytes.subarray(from, end));
      yield* this.finish();
      from = end + 1;
    }
    this.add(bytes.subarray(from));
  }

  /** What stands after the last line break. */
  rest(): Line | null {
    return [...this.finish()][0] ?? null;
  }

  private add(bytes: Buffer): void {
    this.size += bytes.length;
    if (this.size > this.bytesMax) {
      this.isPassing = true;
      this.pieces = [];
    } else if (bytes.length > 0) this.pieces.push(bytes);
  }

  private *finish(): Generator<Line> {
    const line: Line = this.isPassing ? { tooLong: true } : { text: Buffer.concat(this.pieces).toString('utf8').trim() };
    this.pieces = [];
    this.size = 0;
    this.isPassing = false;
    if ('tooLong' in line || line.text !== '') yield line;
  }
}

/** False: nobody reads any more. */
async function respond(protocol: Protocol, line: Line, output: Writable): Promise<boolean> {
  if ('tooLong' in line) return write(output, errorText(null, new RpcError(RPC_CODES.size, `the message is longer than ${protocol.messageMax} characters, which is the most that this server takes`)));
  const { notifications, response } = protocol.handle(line.text);
  for (const one of [...notifications, ...(response === null ? [] : [response])]) if (!(await write(output, one))) return false;
  return true;
}

function write(output: Writable, line: string): Promise<boolean> {
  return new Promise((resolve) => output.write(`${line}\n`, (problem) => resolve(problem === null || problem === undefined)));
}
