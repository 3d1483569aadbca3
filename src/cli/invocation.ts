/** What the user asked for, as data: made by `arguments.ts` (or here, for the commonest calls), carried out by `main.ts`. */
import type { TierName } from '../host/code-generation.ts';
import type { Diagnostic } from '../diagnostic/diagnostic.ts';
import type { Origin } from './source.ts';
import type { ColourChoice } from './terminal.ts';

export interface CommonOptions {
  readonly colour: ColourChoice;
}

/** What `run` and `repl` let a program do. */
export interface WorldOptions {
  readonly grants: readonly string[];
  readonly limits: readonly string[];
  readonly modulePaths: readonly string[];
  /** A file that declares capabilities; null for the project's own, if it has one. */
  readonly capabilities: string | null;
}

/** What stands above grants. */
export interface SecurityOptions {
  /** The name of a policy that comes with rtfs, or a file. */
  readonly policy: string | null;
  /** A file of rules. */
  readonly constitution: string | null;
  /** A file of secrets. */
  readonly secrets: string | null;
  readonly strict: boolean;
  /** `calls=100,cost=2.5`. */
  readonly budget: readonly string[];
}

/** `document`: one at the end. `stream`: a line for everything that happens, the document last. */
export type JsonForm = 'none' | 'document' | 'stream';

/** How steps are shown to people. `auto` when nothing is said, `some` when only that they shall be. */
export type StepsChoice = 'auto' | 'some' | 'tree' | 'plain' | 'none';

/** Which store: a file, or null for that of the project. */
export interface StoreChoice {
  readonly store: string | null;
}

/** A Restate server: its admin address, and where it takes calls, when it does not say so itself. */
export interface RestateChoice {
  readonly admin: string;
  readonly ingress: string | null;
  /** Nobody named it: commands mean the same one again. */
  readonly isUsual: boolean;
}

/** Where runs are looked at. */
export interface PlaceChoice extends StoreChoice {
  /** In place of a store. */
  readonly restate: RestateChoice | null;
}

export interface DeployOptions extends CommonOptions {
  readonly restate: RestateChoice;
  readonly file: string;
  /** Null: that of the file. */
  readonly name: string | null;
  readonly modulePaths: readonly string[];
}

export interface DriveOptions extends CommonOptions, WorldOptions {
  readonly restate: RestateChoice;
  readonly port: number;
  readonly host: string;
  readonly url: string | null;
  /** Calls of one segment; null for the default. */
  readonly segmentCalls: number | null;
  readonly security: SecurityOptions;
}

export interface StartOptions extends CommonOptions {
  readonly restate: RestateChoice;
  readonly plan: string;
  readonly args: readonly string[];
  readonly id: string | null;
  readonly input: string | null;
  readonly limits: readonly string[];
  readonly waits: boolean;
  readonly json: JsonForm;
}

export interface StatusOptions extends CommonOptions {
  readonly restate: RestateChoice;
  readonly run: string;
  readonly waits: boolean;
  readonly json: JsonForm;
}

/** How a run is kept. */
export interface KeepOptions extends StoreChoice {
  /** The id of the run; null for a new one. */
  readonly id: string | null;
  /** `effect`, `step`, a count, or a time; null for the default. */
  readonly checkpoint: string | null;
  /** False: the run is put away when it waits, even for time alone. */
  readonly waits: boolean;
}

export interface RunOptions extends CommonOptions, WorldOptions {
  /** Null: the run is gone with the process. */
  readonly keep: KeepOptions | null;
  readonly origin: Origin;
  readonly tier: TierName;
  readonly args: readonly string[];
  /** A file with data, `-` for standard input. */
  readonly input: string | null;
  readonly json: JsonForm;
  readonly steps: StepsChoice;
  readonly security: SecurityOptions;
  /** Null: all branches stay in this process. */
  readonly workers: WorkersChoice | null;
}

/** Who carries on branches of a run. */
export interface WorkersChoice {
  readonly urls: readonly string[];
  /** Null: the token is in the variable RTFS_TOKEN, if there is one. */
  readonly tokenFile: string | null;
  /** The directory of the keys that sign; null for that of the user. */
  readonly keys: string | null;
}

export interface PolicyOptions extends CommonOptions {
  /** Null: all that come with rtfs are listed. */
  readonly policy: string | null;
}

export interface RunsOptions extends CommonOptions, PlaceChoice {
  readonly status: readonly string[];
  readonly json: boolean;
}

export const METRICS_FORMATS = ['prometheus', 'otlp', 'json'] as const;

export interface MetricsOptions extends CommonOptions, StoreChoice {
  readonly format: (typeof METRICS_FORMATS)[number];
}

export interface ExportOptions extends CommonOptions, StoreChoice {
  readonly json: boolean;
  readonly file: string;
}

export interface VerifyOptions extends CommonOptions, StoreChoice {
  /** Stores where runs are looked for that runs of the store speak of. */
  readonly others: readonly string[];
  readonly json: boolean;
}

export interface CollectOptions extends CommonOptions, PlaceChoice {
  /** Also removes runs that ended before: a time, or how long ago. */
  readonly endedBefore: string | null;
  readonly json: boolean;
}

export interface LogOptions extends CommonOptions, PlaceChoice {
  readonly run: string;
  readonly form: 'lines' | 'tree' | 'json';
  /** Only records of these kinds, steps, capabilities, and times; empty or null for all. */
  readonly kinds: readonly string[];
  readonly step: string | null;
  readonly capability: string | null;
  readonly since: string | null;
}

/** How a run is driven that lies in a store. */
export interface DrivingOptions extends CommonOptions, WorldOptions, StoreChoice {
  readonly run: string;
  readonly waits: boolean;
  readonly json: JsonForm;
  readonly steps: StepsChoice;
}

export interface ResumeOptions extends DrivingOptions {
  /** More of the budget than the run was given: `calls=10`. */
  readonly budget: readonly string[];
  /** Null: the context stays as it is. */
  readonly patch: { readonly file: string; readonly policy: string; readonly who: string | null } | null;
  /** Null: nobody else carries on branches. */
  readonly workers: WorkersChoice | null;
}

export interface WhyDeniedOptions extends CommonOptions, PlaceChoice {
  readonly run: string;
  /** Null: all that were denied. */
  readonly call: string | null;
  readonly json: boolean;
}

export interface ReplayOptions extends CommonOptions, PlaceChoice {
  readonly run: string;
  /** A file with another program; null for the one that was kept. */
  readonly program: string | null;
  readonly modulePaths: readonly string[];
  readonly json: boolean;
}

export interface ForkOptions extends DrivingOptions {
  /** The server that the other run is on; null when it is in the store, where the new run is in any case. */
  readonly restate: RestateChoice | null;
  /** The number of a record, or the label of a checkpoint. */
  readonly at: string;
  /** `CALL=VALUE`. */
  readonly answers: readonly string[];
  /** The id of the new run; null for one that is made. */
  readonly id: string | null;
  readonly who: string | null;
  readonly resumes: boolean;
}

export interface DebugOptions extends CommonOptions, PlaceChoice {
  readonly run: string;
  /** Every answer is a line of JSON. */
  readonly json: boolean;
}

/** Something that a person says to a run. */
export type Saying =
  | { readonly kind: 'answer'; readonly call: string; readonly text: string; readonly isError: boolean }
  | { readonly kind: 'repeat'; readonly call: string }
  | { readonly kind: 'cancel'; readonly reason: string | null }
  | { readonly kind: 'approve' | 'deny'; readonly call: string | null };

export interface TellOptions extends DrivingOptions {
  /** In place of a store. */
  readonly restate: RestateChoice | null;
  readonly saying: Saying;
  readonly who: string | null;
  /** False: it is only said; whoever drives the run goes on. */
  readonly resumes: boolean;
}

export interface CheckOptions extends CommonOptions {
  readonly operands: readonly string[];
  readonly modulePaths: readonly string[];
  readonly denyWarnings: boolean;
  readonly json: boolean;
}

export interface FormatOptions extends CommonOptions {
  readonly operands: readonly string[];
  readonly check: boolean;
}

export interface ReplOptions extends CommonOptions, WorldOptions {
  readonly files: readonly string[];
}

export interface DocOptions extends CommonOptions {
  readonly names: readonly string[];
  /** A file whose own definitions are asked for. */
  readonly file: string | null;
  readonly modulePaths: readonly string[];
  readonly json: boolean;
}

export interface ExpandOptions extends CommonOptions {
  readonly origin: Origin;
  readonly modulePaths: readonly string[];
}

export interface TestOptions extends CommonOptions {
  readonly operands: readonly string[];
  readonly mode: string;
  readonly json: boolean;
}

export interface ContextTreeOptions extends CommonOptions {
  readonly origin: Origin;
  readonly json: boolean;
}

export interface CapabilityOptions extends CommonOptions {
  readonly action: 'list' | 'show' | 'add' | 'search';
  readonly operands: readonly string[];
  /** The capabilities file; null for the project's own. */
  readonly file: string | null;
  /** Also write down the tools of the servers that are added. */
  readonly tools: boolean;
  readonly json: boolean;
}

/** Where requests over HTTP come from. */
export interface ListenOptions {
  readonly port: number;
  readonly address: string | null;
  readonly tokenFile: string | null;
}

export interface WorkerOptions extends CommonOptions, WorldOptions, ListenOptions {
  /** Where a log of each branch is kept; null: none is. */
  readonly store: string | null;
  readonly keys: string | null;
  /** What stands above the grants here, whatever those say who give out branches. */
  readonly security: SecurityOptions;
}

export interface ServeOptions extends CommonOptions, Omit<ListenOptions, 'port'> {
  /** Null: standard input and output. */
  readonly port: number | null;
  /** The directory of the keys that sign; null for that of the user. */
  readonly keys: string | null;
  readonly limits: readonly string[];
}

export type Invocation =
  | { readonly command: 'run' | 'stats'; readonly options: RunOptions }
  | { readonly command: 'check'; readonly options: CheckOptions }
  | { readonly command: 'fmt'; readonly options: FormatOptions }
  | { readonly command: 'repl'; readonly options: ReplOptions }
  | { readonly command: 'doc'; readonly options: DocOptions }
  | { readonly command: 'expand'; readonly options: ExpandOptions }
  | { readonly command: 'test'; readonly options: TestOptions }
  | { readonly command: 'ctx'; readonly options: ContextTreeOptions }
  | { readonly command: 'runs'; readonly options: RunsOptions }
  | { readonly command: 'log'; readonly options: LogOptions }
  | { readonly command: 'verify'; readonly options: VerifyOptions }
  | { readonly command: 'gc'; readonly options: CollectOptions }
  | { readonly command: 'metrics'; readonly options: MetricsOptions }
  | { readonly command: 'export'; readonly options: ExportOptions }
  | { readonly command: 'resume'; readonly options: ResumeOptions }
  | { readonly command: 'why-denied'; readonly options: WhyDeniedOptions }
  | { readonly command: 'replay'; readonly options: ReplayOptions }
  | { readonly command: 'fork'; readonly options: ForkOptions }
  | { readonly command: 'debug'; readonly options: DebugOptions }
  | { readonly command: 'tell'; readonly options: TellOptions }
  | { readonly command: 'policy'; readonly options: PolicyOptions }
  | { readonly command: 'cap'; readonly options: CapabilityOptions }
  | { readonly command: 'deploy'; readonly options: DeployOptions }
  | { readonly command: 'drive'; readonly options: DriveOptions }
  | { readonly command: 'start'; readonly options: StartOptions }
  | { readonly command: 'status'; readonly options: StatusOptions }
  | { readonly command: 'serve'; readonly options: ServeOptions }
  | { readonly command: 'worker'; readonly options: WorkerOptions }
  /** Text that was asked for: help, the version. */
  | { readonly command: 'show'; readonly text: string }
  | { readonly command: 'refuse'; readonly problem: Diagnostic; readonly json: JsonForm };

export const COMMANDS = [
  'run', 'stats', 'check', 'fmt', 'repl', 'doc', 'expand', 'test', 'ctx', 'cap', 'policy', 'runs', 'log', 'why-denied', 'verify', 'gc', 'metrics', 'export', 'resume', 'answer', 'approve', 'deny', 'cancel', 'replay', 'fork', 'debug', 'serve', 'worker',
  'deploy', 'drive', 'start', 'status', 'help',
] as const;

export const NO_SECURITY: SecurityOptions = { policy: null, constitution: null, secrets: null, strict: false, budget: [] };

const PLAIN_RUN = {
  colour: 'auto', grants: [], limits: [], modulePaths: [], capabilities: null, args: [], input: null, json: 'none', steps: 'auto', security: NO_SECURITY, keep: null, workers: null, tier: 'auto',
} as const;

/**
 * `rtfs FILE`, `rtfs run FILE`, `rtfs -e EXPR`, each without anything else: understood without loading the parser of
 * arguments. Null for every other call.
 */
export function quickInvocation(argv: readonly string[]): Invocation | null {
  const rest = argv[0] === 'run' ? argv.slice(1) : argv;
  const [first, second] = rest;
  if (rest.length === 2 && first === '-e' && second !== undefined) return { command: 'run', options: { ...PLAIN_RUN, origin: { kind: 'text', text: second } } };
  if (rest.length !== 1 || first === undefined || first === '' || first.startsWith('-')) return null;
  if (rest === argv && (COMMANDS as readonly string[]).includes(first)) return null;
  return { command: 'run', options: { ...PLAIN_RUN, origin: { kind: 'file', path: first } } };
}
