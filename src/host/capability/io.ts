/** `:io.print :io.println :io.log`: text for the person who runs the program. */
import { Keyword, type Value } from '../../value/value.ts';
import { displayValue } from '../../value/print.ts';
import { HostFailure } from '../failure.ts';
import type { Capability, Console } from '../port.ts';

const LEVELS: readonly string[] = ['debug', 'info', 'warn', 'error'];

export function ioCapabilities(console: Console): Capability[] {
  return [
    {
      id: 'io.print',
      summary: 'values… → nil; writes them with spaces between',
      determinism: 'live',
      call: async (args) => written('io.print', console.writeOut, joined('io.print', args)),
    },
    {
      id: 'io.println',
      summary: 'values… → nil; writes them with spaces between and ends the line',
      determinism: 'live',
      call: async (args) => written('io.println', console.writeOut, `${joined('io.println', args)}\n`),
    },
    {
      id: 'io.log',
      summary: ':debug|:info|:warn|:error? values… → nil; one line on the error stream',
      determinism: 'live',
      call: async (args) => written('io.log', console.writeError, logLine(args)),
    },
  ];
}

function joined(operation: string, args: readonly Value[]): string {
  return args.map((value) => textOf(operation, value)).join(' ');
}

function textOf(operation: string, value: Value): string {
  const text = displayValue(value);
  if (text === null) throw new HostFailure('host', `${operation}: the value is too long to print`);
  return text;
}

/** A first keyword that is a level, with something after it, is the level. */
function logLine(args: readonly Value[]): string {
  const level = args.length > 1 && args[0] instanceof Keyword && LEVELS.includes(args[0].name) ? args[0].name : null;
  const message = oneLine(joined('io.log', level === null ? args : args.slice(1)));
  return level === null ? `${message}\n` : `${level}: ${message}\n`;
}

/** Line ends and other control characters written as escapes, so that a record cannot look like two. */
function oneLine(text: string): string {
  return text.replace(/[\u0000-\u0008\u000a-\u001f\u007f-\u009f\u2028\u2029]/g, (character) => {
    if (character === '\n') return '\\n';
    if (character === '\r') return '\\r';
    return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });
}

async function written(operation: string, write: (text: string) => Promise<void>, text: string): Promise<null> {
  try {
    await write(text);
  } catch {
    throw new HostFailure('host', `${operation}: the output is closed`);
  }
  return null;
}
