/** The commands about runs on a durable engine. */
import type { Command } from 'commander';
import type { ArgumentTools } from './arguments-kept.ts';
import type { RestateChoice } from './invocation.ts';
import type { ColourChoice } from './terminal.ts';

export interface RestateFlags {
  /** True: the usual server. */
  readonly restate?: string | true;
  readonly ingress?: string;
}

interface EngineFlags extends RestateFlags {
  readonly color: ColourChoice;
  readonly json?: true;
  readonly wait?: true;
  readonly limit?: string[];
  readonly path?: string[];
}

/** The address that the server has unless it is told another one. */
const USUAL = 'http://127.0.0.1:9070';
const PORT = 9_080;

export function restateOption(command: Command, isNeeded = false): Command {
  return command
    .option('--restate [url]', isNeeded ? `the admin address of a Restate server (default: RTFS_RESTATE, else ${USUAL})` : `runs on a Restate server in place of a store: its admin address (default: RTFS_RESTATE, else ${USUAL})`)
    .option('--ingress <url>', 'where that server takes calls, when it does not say so itself');
}

export function restateOf({ restate, ingress }: RestateFlags): RestateChoice | null {
  if (restate === undefined) return null;
  return { admin: restate === true ? (process.env['RTFS_RESTATE'] ?? USUAL) : restate, ingress: ingress ?? null, isUsual: restate === true };
}

function needed(flags: RestateFlags): RestateChoice {
  return restateOf({ restate: true, ...flags })!;
}

export function engineCommands(tools: ArgumentTools): void {
  deploy(tools);
  drive(tools);
  start(tools);
  status(tools);
}

function deploy({ command, ask, collect }: ArgumentTools): void {
  restateOption(command('deploy', 'make a plan known to a Restate server, under a name').argument('<file>', 'the plan'), true)
    .option('--name <name>', 'the name; that of the file without its ending unless given')
    .option('--path <dir>', 'look for modules here too (repeatable)', collect)
    .action((file: string, flags: EngineFlags & { name?: string }) => {
      ask({ command: 'deploy', options: { restate: needed(flags), file, name: flags.name ?? null, modulePaths: flags.path ?? [], colour: flags.color } });
    });
}

interface DriveFlags extends EngineFlags {
  readonly allow?: string[];
  readonly capabilities?: string;
  readonly policy?: string;
  readonly constitution?: string;
  readonly secrets?: string;
  readonly strict?: true;
  readonly budget?: string[];
  readonly port?: string;
  readonly host: string;
  readonly url?: string;
  readonly segment?: string;
}

function drive(tools: ArgumentTools): void {
  tools.world(restateOption(tools.command('drive', 'drive the runs of a Restate server: a worker, until it is stopped'), true))
    .option('--policy <policy>', 'the most that plans may do, whatever is granted: a name that `rtfs policy` lists, or a file')
    .option('--constitution <file>', 'rules that stand above every grant')
    .option('--secrets <file>', 'secrets by name, a JSON object in a file that only you can read')
    .option('--strict', 'deny calls from steps that see more of the plan than is recommended')
    .option('--budget <amounts>', 'what the calls of each run may take in all (see `rtfs help budgets`)', tools.collect)
    .option('--port <port>', `where the server calls the worker (default: ${PORT})`)
    .option('--host <address>', 'the address to listen on', '127.0.0.1')
    .option('--url <url>', 'how the server reaches the worker, when that is not where it listens')
    .option('--segment <calls>', 'at most so many calls until the state is written down and the past forgotten; a tenth of them when the state is small (default: 1000)')
    .action((flags: DriveFlags) => {
      const port = flags.port === undefined ? PORT : wholeNumber(flags.port);
      const segment = flags.segment === undefined ? null : wholeNumber(flags.segment);
      if (port === undefined || port > 65_535) return tools.refuse(`--port cannot be ${flags.port ?? ''}`, ['a number up to 65535; 0 for any that is free']);
      if (segment === undefined || segment === 0) return tools.refuse(`--segment cannot be ${flags.segment ?? ''}`, ['a number of calls, at least 1']);
      const { allow: grants = [], limit: limits = [], path: modulePaths = [], capabilities = null, policy = null, constitution = null, secrets = null, strict, budget = [], host, url = null, color: colour } = flags;
      const security = { policy, constitution, secrets, strict: strict === true, budget };
      tools.ask({ command: 'drive', options: { restate: needed(flags), port, host, url, segmentCalls: segment, grants, limits, modulePaths, capabilities, security, colour } });
    });
}

function wholeNumber(text: string): number | undefined {
  return /^\d{1,9}$/.test(text) ? Number(text) : undefined;
}

function start({ command, ask, collect }: ArgumentTools): void {
  restateOption(command('start', 'begin a run of a plan that is deployed, and print its id').argument('<plan>', 'its name').argument('[args...]', 'what the plan finds in *args*'), true)
    .option('--id <id>', 'the id of the run; a new one unless given')
    .option('--input <file>', 'data that the plan finds in *input*: JSON, or RTFS data from .rtfs and .edn; `-` for standard input')
    .option('--limit <name=value>', 'set a limit (repeatable; see `rtfs help limits`)', collect)
    .option('--wait', 'wait until the run is over or waits for somebody, and tell its result')
    .option('--json', 'print one JSON document')
    .action((plan: string, args: string[], flags: EngineFlags & { id?: string; input?: string }) => {
      const { id = null, input = null, limit: limits = [], wait, json, color: colour } = flags;
      ask({ command: 'start', options: { restate: needed(flags), plan, args, id, input, limits, waits: wait === true, json: json === true ? 'document' : 'none', colour } });
    });
}

function status({ command, ask }: ArgumentTools): void {
  restateOption(command('status', 'tell how a run on a Restate server stands').argument('<run>', 'its id, or the beginning of it'), true)
    .option('--wait', 'wait until the run is over or waits for somebody')
    .option('--json', 'print one JSON document')
    .action((run: string, flags: EngineFlags) => {
      ask({ command: 'status', options: { restate: needed(flags), run, waits: flags.wait === true, json: flags.json === true ? 'document' : 'none', colour: flags.color } });
    });
}
