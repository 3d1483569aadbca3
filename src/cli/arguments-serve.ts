/** `rtfs serve` and `rtfs worker`: working for other programs. */
import type { Command } from 'commander';
import type { ArgumentTools } from './arguments-kept.ts';
import type { ColourChoice } from './terminal.ts';

interface ListenFlags {
  readonly http?: string;
  readonly address?: string;
  readonly tokenFile?: string;
  readonly keys?: string;
  readonly limit?: string[];
  readonly color: ColourChoice;
}

interface ServeFlags extends ListenFlags {
  readonly stdio?: true;
}

interface WorkerFlags extends ListenFlags {
  readonly policy?: string;
  readonly secrets?: string;
  readonly strict?: true;
  readonly store?: string;
  readonly allow?: string[];
  readonly path?: string[];
  readonly capabilities?: string;
}

const PORT_MAX = 65_535;

export function serveCommands(tools: ArgumentTools): void {
  serve(tools);
  worker(tools);
}

function serve({ command, ask, refuse, collect }: ArgumentTools): void {
  listening(command('serve', 'run plans for other programs, which carry out their calls (JSON-RPC; see docs/protocol.md)').option('--stdio', 'lines of JSON on standard input and output'))
    .option('--limit <name=value>', 'the most that a run is allowed: fuel=1e9, calls=1000 … (repeatable; see `rtfs help limits`)', collect)
    .action(({ stdio, http, address, tokenFile, keys, limit, color }: ServeFlags) => {
      if (stdio === true && http !== undefined) return refuse('--stdio and --http exclude each other', ['one process serves one of them: leave one out, and start a second process for the other (with the same --keys, either goes on with runs of the other)']);
      if (stdio !== true && http === undefined) return refuse('--stdio or --http PORT says how', ['`rtfs serve --stdio` for a client that starts the server itself, `rtfs serve --http 4000` for clients on the network']);
      if (stdio === true && (address !== undefined || tokenFile !== undefined)) return refuse('--address and --token-file belong to --http', ['leave them out, or serve with `--http PORT`']);
      const port = http === undefined ? null : portOf(http);
      if (http !== undefined && port === null) return refuse(...noPort(http));
      ask({ command: 'serve', options: { port, address: address ?? null, tokenFile: tokenFile ?? null, keys: keys ?? null, limits: limit ?? [], colour: color } });
    });
}

function worker({ command, ask, refuse, world }: ArgumentTools): void {
  world(listening(command('worker', 'carry on branches of runs that other processes drive, with the capabilities that are granted here')))
    .option('--policy <policy>', 'the most that branches may do, whatever is granted: a name that `rtfs policy` lists, or a file')
    .option('--secrets <file>', 'secrets by name, a JSON object in a file that only you can read')
    .option('--strict', 'deny calls from steps that see more of the plan than is recommended')
    .option('--store <file>', 'keep a log of each branch in this file, to be held against what those say who gave it out (`rtfs verify --with`)')
    .action(({ http, address, tokenFile, keys, allow, limit, path, capabilities, policy, secrets, strict, store, color }: WorkerFlags) => {
      if (http === undefined) return refuse('--http PORT says where', ['`rtfs worker --http 4001`, or `--http 0` for a port that is free']);
      const port = portOf(http);
      if (port === null) return refuse(...noPort(http));
      const grants = { grants: allow ?? [], limits: limit ?? [], modulePaths: path ?? [], capabilities: capabilities ?? null };
      ask({ command: 'worker', options: { port, address: address ?? null, tokenFile: tokenFile ?? null, keys: keys ?? null, store: store ?? null, security: { policy: policy ?? null, constitution: null, secrets: secrets ?? null, strict: strict === true, budget: [] }, ...grants, colour: color } });
    });
}

function listening(command: Command): Command {
  return command
    .option('--http <port>', 'requests over HTTP; 0 for a port that is free')
    .option('--address <address>', 'what to listen on: 127.0.0.1 unless given')
    .option('--token-file <file>', 'the token that clients must send, in a file; else the variable RTFS_TOKEN, else one that is made and shown')
    .option('--keys <dir>', 'the keys that sign states; processes that have them in common go on with each other\'s runs (default: those of this user)');
}

function noPort(text: string): [string, readonly string[]] {
  return [`\`${text}\` is no port`, [`a port is a whole number from 0 to ${PORT_MAX}`]];
}

function portOf(text: string): number | null {
  return /^\d{1,5}$/.test(text) && Number(text) <= PORT_MAX ? Number(text) : null;
}
