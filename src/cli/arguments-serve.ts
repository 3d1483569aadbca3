/** `rtfs serve`: running plans for other programs. */
import type { ArgumentTools } from './arguments-kept.ts';
import type { ColourChoice } from './terminal.ts';

interface ServeFlags {
  readonly stdio?: true;
  readonly http?: string;
  readonly address?: string;
  readonly tokenFile?: string;
  readonly keys?: string;
  readonly limit?: string[];
  readonly color: ColourChoice;
}

const PORT_MAX = 65_535;

export function serveCommands({ command, ask, refuse, collect }: ArgumentTools): void {
  command('serve', 'run plans for other programs, which carry out their calls (JSON-RPC; see docs/protocol.md)')
    .option('--stdio', 'lines of JSON on standard input and output')
    .option('--http <port>', 'requests over HTTP; 0 for a port that is free')
    .option('--address <address>', 'what to listen on: 127.0.0.1 unless given')
    .option('--token-file <file>', 'the token that clients must send, in a file; else the variable RTFS_TOKEN, else one that is made and shown')
    .option('--keys <dir>', 'the keys that sign states; servers that have them in common go on with each other\'s runs (default: those of this user)')
    .option('--limit <name=value>', 'the most that a run is allowed: fuel=1e9, calls=1000 … (repeatable; see `rtfs help limits`)', collect)
    .action(({ stdio, http, address, tokenFile, keys, limit, color }: ServeFlags) => {
      if ((stdio === true) === (http !== undefined)) return refuse('--stdio or --http PORT says how', []);
      if (stdio === true && (address !== undefined || tokenFile !== undefined)) return refuse('--address and --token-file belong to --http', []);
      const port = http === undefined ? null : portOf(http);
      if (http !== undefined && port === null) return refuse(`\`${http}\` is no port`, [`a port is a whole number from 0 to ${PORT_MAX}`]);
      ask({ command: 'serve', options: { port, address: address ?? null, tokenFile: tokenFile ?? null, keys: keys ?? null, limits: limit ?? [], colour: color } });
    });
}

function portOf(text: string): number | null {
  return /^\d{1,5}$/.test(text) && Number(text) <= PORT_MAX ? Number(text) : null;
}
