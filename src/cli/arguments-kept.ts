/** The commands about runs that are kept in a store. */
import { type Command, Option } from 'commander';
import { restateOf, restateOption, type RestateFlags } from './arguments-engine.ts';
import { type Invocation, type JsonForm, METRICS_FORMATS, type MetricsOptions, type Saying, type StepsChoice } from './invocation.ts';
import { type WorkersFlags, workersOf, workersOptions, wrongWorkers } from './arguments-workers.ts';
import type { ColourChoice } from './terminal.ts';

/** What `arguments.ts` lends: how commands are made there, and where the result goes. */
export interface ArgumentTools {
  readonly command: (name: string, summary: string) => Command;
  /** Adds `--allow`, `--limit`, `--path`. */
  readonly world: (command: Command) => Command;
  readonly ask: (invocation: Invocation) => void;
  readonly refuse: (message: string, help: readonly string[]) => void;
  readonly collect: (value: string, before: readonly string[] | undefined) => string[];
}

export interface CommonFlags {
  readonly store?: string;
  readonly json?: true;
  readonly color: ColourChoice;
}

export interface DriveFlags extends CommonFlags {
  readonly allow?: string[];
  readonly limit?: string[];
  readonly path?: string[];
  readonly capabilities?: string;
  readonly 'json=stream'?: true;
  readonly steps?: true;
  readonly wait: boolean;
}

interface TellFlags extends DriveFlags, RestateFlags {
  readonly as?: string;
  readonly resume: boolean;
}

const STATUSES = ['running', 'waiting', 'complete', 'failed', 'cancelled'];

/** What may happen to the context when a patch meets a key that is there. */
const PATCH_POLICIES = ['keep-existing', 'overwrite', 'merge'];

export function keptCommands(tools: ArgumentTools): void {
  runs(tools);
  log(tools);
  whyDenied(tools);
  verify(tools);
  gc(tools);
  metrics(tools);
  exporting(tools);
  resume(tools);
  answer(tools);
  judge(tools, 'approve', 'allow a call that waits for approval, and go on');
  judge(tools, 'deny', 'refuse a call that waits for approval, and go on');
  cancel(tools);
}

export function storeOption(command: Command): Command {
  return command.option('--store <file>', 'the store of the runs; that of the project (.rtfs/runs.db) unless given');
}

function runs({ command, ask }: ArgumentTools): void {
  restateOption(storeOption(command('runs', 'list the runs that are kept, newest first')))
    .addOption(new Option('--status <status...>', 'only runs with this status').choices(STATUSES))
    .option('--json', 'print a JSON array')
    .action((flags: CommonFlags & RestateFlags & { status?: string[] }) => {
      ask({ command: 'runs', options: { restate: restateOf(flags), store: flags.store ?? null, status: flags.status ?? [], json: flags.json === true, colour: flags.color } });
    });
}

function log({ command, ask, refuse, collect }: ArgumentTools): void {
  restateOption(storeOption(command('log', 'show what happened in a run')))
    .argument('<run>', 'its id, or the beginning of it')
    .option('--tree', 'as a tree of steps')
    .option('--json', 'a line of JSON for each record')
    .option('--kind <kind>', 'only records of this kind (repeatable)', collect)
    .option('--step <step>', 'only what happened in this step')
    .option('--capability <name>', 'only calls of this capability, or of a family: fs.')
    .option('--since <time>', 'only what happened after: 2026-01-31, 2026-01-31T08:00, 10m, 2h, 3d')
    .action((run: string, flags: CommonFlags & RestateFlags & { tree?: true; kind?: string[]; step?: string; capability?: string; since?: string }) => {
      if (flags.tree === true && flags.json === true) return refuse('--tree and --json exclude each other', []);
      const form = flags.tree === true ? 'tree' : flags.json === true ? 'json' : 'lines';
      const { kind = [], step = null, capability = null, since = null, store = null, color } = flags;
      ask({ command: 'log', options: { run, restate: restateOf(flags), store, form, kinds: kind, step, capability, since, colour: color } });
    });
}

function whyDenied({ command, ask }: ArgumentTools): void {
  restateOption(storeOption(command('why-denied', 'say why calls of a run were denied, and what would allow them')))
    .argument('<run>', 'its id, or the beginning of it')
    .argument('[call]', 'the number of the call; all that were denied unless given')
    .option('--json', 'print a JSON array')
    .action((run: string, call: string | undefined, flags: CommonFlags & RestateFlags) => {
      ask({ command: 'why-denied', options: { run, call: call ?? null, restate: restateOf(flags), store: flags.store ?? null, json: flags.json === true, colour: flags.color } });
    });
}

function verify({ command, ask, refuse, collect }: ArgumentTools): void {
  storeOption(command('verify', 'check that everything in a store is what was written'))
    .argument('[store]', 'the store, like --store')
    .option('--with <store>', 'look here too for runs that runs of the store speak of: logs of workers (repeatable)', collect)
    .option('--json', 'print the report as one JSON document')
    .action((file: string | undefined, flags: CommonFlags & { with?: string[] }) => {
      if (file !== undefined && flags.store !== undefined) return refuse('two stores are named', []);
      ask({ command: 'verify', options: { store: file ?? flags.store ?? null, others: flags.with ?? [], json: flags.json === true, colour: flags.color } });
    });
}

function metrics({ command, ask }: ArgumentTools): void {
  storeOption(command('metrics', 'count what happened in the runs of a store, for Prometheus or OpenTelemetry'))
    .addOption(new Option('--format <format>', 'as text for Prometheus (prometheus), as a request of OTLP in JSON (otlp), or one by one (json)').choices(METRICS_FORMATS))
    .addOption(new Option('--json', 'the same as --format json').conflicts('format'))
    .action((flags: CommonFlags & { format?: MetricsOptions['format'] }) => {
      ask({ command: 'metrics', options: { store: flags.store ?? null, format: flags.format ?? (flags.json === true ? 'json' : 'prometheus'), colour: flags.color } });
    });
}

function exporting({ command, ask }: ArgumentTools): void {
  storeOption(command('export', 'add every record that a file does not have yet to it, as lines of JSON'))
    .argument('<file>', 'made when it is not there')
    .option('--json', 'print one JSON document')
    .action((file: string, flags: CommonFlags) => {
      ask({ command: 'export', options: { file, store: flags.store ?? null, json: flags.json === true, colour: flags.color } });
    });
}

function gc({ command, ask }: ArgumentTools): void {
  restateOption(storeOption(command('gc', 'remove what no run of a store needs any more')))
    .option('--ended-before <time>', 'also remove runs that ended before: 2026-01-31, 12h, 30d')
    .option('--json', 'print what was removed as one JSON document')
    .action((flags: CommonFlags & RestateFlags & { endedBefore?: string }) => {
      ask({ command: 'gc', options: { restate: restateOf(flags), store: flags.store ?? null, endedBefore: flags.endedBefore ?? null, json: flags.json === true, colour: flags.color } });
    });
}

export function driving(tools: ArgumentTools, made: Command): Command {
  return tools
    .world(storeOption(made))
    .option('--no-wait', 'put the run away again when it waits, even for time alone')
    .option('--json', 'print one JSON document with status, value, error and diagnostics')
    .option('--json=stream', 'print a line of JSON for each event, call and answer; the document is the last line')
    .option('--steps', 'show the steps on the error stream even where it is no terminal');
}

interface Driving {
  readonly store: string | null;
  readonly grants: string[];
  readonly limits: string[];
  readonly modulePaths: string[];
  readonly capabilities: string | null;
  readonly waits: boolean;
  readonly json: JsonForm;
  readonly steps: StepsChoice;
  readonly colour: ColourChoice;
}

export function driveOptions(flags: DriveFlags): Driving {
  return {
    store: flags.store ?? null, grants: flags.allow ?? [], limits: flags.limit ?? [], modulePaths: flags.path ?? [], capabilities: flags.capabilities ?? null, waits: flags.wait,
    json: flags['json=stream'] === true ? 'stream' : flags.json === true ? 'document' : 'none', steps: flags.steps === true ? 'some' : 'auto', colour: flags.color,
  };
}

function resume(tools: ArgumentTools): void {
  workersOptions(driving(tools, tools.command('resume', 'go on with a run where it stopped')), tools.collect)
    .argument('<run>', 'its id, or the beginning of it')
    .option('--patch <file>', 'put the keys of a map into the context first: RTFS data by the name of the file, else JSON')
    .addOption(new Option('--patch-policy <policy>', 'what happens to keys that are there').choices(PATCH_POLICIES).default('keep-existing'))
    .option('--as <who>', 'who patches; the user of this machine unless given')
    .option('--budget <amounts>', 'give the run so much more of its budget: calls=10,cost=0.5', tools.collect)
    .action((run: string, flags: DriveFlags & WorkersFlags & { patch?: string; patchPolicy: string; as?: string; budget?: string[] }) => {
      const wrong = wrongWorkers(flags);
      if (wrong !== null) return tools.refuse(...wrong);
      const patch = flags.patch === undefined ? null : { file: flags.patch, policy: flags.patchPolicy, who: flags.as ?? null };
      tools.ask({ command: 'resume', options: { run, patch, budget: flags.budget ?? [], workers: workersOf(flags), ...driveOptions(flags) } });
    });
}

function telling(tools: ArgumentTools, made: Command): Command {
  return restateOption(driving(tools, made))
    .option('--as <who>', 'who says it; the user of this machine unless given')
    .option('--no-resume', 'only say it: whoever drives the run goes on');
}

function tell(tools: ArgumentTools, run: string, saying: Saying, flags: TellFlags): void {
  tools.ask({ command: 'tell', options: { restate: restateOf(flags), run, saying, who: flags.as ?? null, resumes: flags.resume, ...driveOptions(flags) } });
}

function answer(tools: ArgumentTools): void {
  telling(tools, tools.command('answer', 'answer a call that a run waits for, and go on'))
    .argument('<run>', 'its id, or the beginning of it')
    .argument('<call>', 'the number of the call')
    .argument('[value]', 'the answer: text to a question, else a value as RTFS writes it')
    .option('--error', 'the call failed, and the value is the message')
    .option('--again', 'the call did not happen: make it')
    .action((run: string, call: string, value: string | undefined, flags: TellFlags & { error?: true; again?: true }) => {
      if ((value === undefined) !== (flags.again === true)) return tools.refuse('expected a value or --again', []);
      const saying: Saying = value === undefined ? { kind: 'repeat', call } : { kind: 'answer', call, text: value, isError: flags.error === true };
      tell(tools, run, saying, flags);
    });
}

function judge(tools: ArgumentTools, kind: 'approve' | 'deny', summary: string): void {
  telling(tools, tools.command(kind, summary))
    .argument('<run>', 'its id, or the beginning of it')
    .argument('[call]', 'the number of the call, when several wait')
    .action((run: string, call: string | undefined, flags: TellFlags) => tell(tools, run, { kind, call: call ?? null }, flags));
}

function cancel(tools: ArgumentTools): void {
  telling(tools, tools.command('cancel', 'stop a run: its `finally` parts and compensations run'))
    .argument('<run>', 'its id, or the beginning of it')
    .option('--reason <text>', 'why')
    .action((run: string, flags: TellFlags & { reason?: string }) => tell(tools, run, { kind: 'cancel', reason: flags.reason ?? null }, flags));
}
