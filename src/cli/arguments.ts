/**
 * The command line, read with commander into an `Invocation`. Nothing is carried out here and nothing is written:
 * commander's own output is taken and handed on as data.
 */
import { isatty } from 'node:tty';
import { Command, CommanderError, Option } from 'commander';
import { diagnostic } from '../diagnostic/diagnostic.ts';
import { suggest } from '../diagnostic/suggest.ts';
import { version } from '../../package.json';
import type { TierName } from '../host/code-generation.ts';
import { COMMON_HELP, helpTopic, TOPICS } from './help.ts';
import { engineCommands } from './arguments-engine.ts';
import { historyCommands } from './arguments-history.ts';
import { type ArgumentTools, keptCommands } from './arguments-kept.ts';
import { serveCommands } from './arguments-serve.ts';
import { type WorkersFlags, workersOf, workersOptions, wrongWorkers } from './arguments-workers.ts';
import {
  type CapabilityOptions, COMMANDS, type CommonOptions, type Invocation, type JsonForm, type KeepOptions, NO_SECURITY, type SecurityOptions, type StepsChoice, type WorldOptions,
} from './invocation.ts';
import { originOf } from './source.ts';
import { COLOUR_CHOICES, type ColourChoice } from './terminal.ts';

const MODES = ['straight', 'reload', 'quantum', 'reprint', 'all'];

export function parseArguments(argv: readonly string[]): Invocation {
  const asked = new Asked();
  try {
    asked.program().parse(withCommand(argv), { from: 'user' });
  } catch (cause) {
    if (!(cause instanceof CommanderError)) throw cause;
    return refusalOf(cause, asked, argv);
  }
  return asked.invocation ?? { command: 'show', text: asked.written };
}

/** Without a command the program is meant, and without anything a prompt when somebody sits there to use it. */
function withCommand(argv: readonly string[]): string[] {
  const [first] = argv;
  if (first === undefined) return isatty(0) ? ['repl'] : ['run', '-'];
  const isNamed = (COMMANDS as readonly string[]).includes(first) || ['-h', '--help', '-V', '--version'].includes(first);
  return isNamed ? [...argv] : ['run', ...argv];
}

function refusalOf(cause: CommanderError, asked: Asked, argv: readonly string[]): Invocation {
  if (cause.exitCode === 0) return asked.invocation ?? { command: 'show', text: asked.written };
  const [message = '', ...more] = cause.message.replace(/^error: /, '').split('\n');
  const help = more.map((line) => line.replace(/^\((.*)\)$/, '$1').replace(/^Did/, 'did'));
  if (cause.code === 'commander.unknownOption') help.push('what the plan itself shall get stands after `--`');
  const [command = ''] = withCommand(argv);
  if (help.length === 0 && (COMMANDS as readonly string[]).includes(command)) help.push(`see \`rtfs help ${command}\``);
  const end = argv.indexOf('--');
  const options = end < 0 ? argv : argv.slice(0, end);
  const json = jsonForm(options.includes('--json'), options.includes('--json=stream'));
  return { command: 'refuse', problem: diagnostic('E0502', message, null, { help }), json };
}

function collect(value: string, before: readonly string[] | undefined): string[] {
  return [...(before ?? []), value];
}

/** What is written as one word with its value, so that the file that comes after `--json` is not taken for a value. */
interface RunFlags extends WorldFlags, WorkersFlags {
  readonly eval?: string[];
  readonly tier: TierName;
  readonly input?: string;
  readonly json?: true;
  readonly 'json=stream'?: true;
  readonly steps?: true;
  readonly 'steps=tree'?: true;
  readonly 'steps=plain'?: true;
  readonly 'steps=none'?: true;
  readonly store?: string;
  readonly keep?: true;
  readonly id?: string;
  readonly checkpoint?: string;
  readonly wait: boolean;
  readonly policy?: string;
  readonly constitution?: string;
  readonly secrets?: string;
  readonly strict?: true;
  readonly budget?: string[];
}

function keepOf({ store, keep, id, checkpoint, wait }: RunFlags): KeepOptions | null {
  if (store === undefined && keep !== true) return null;
  return { store: store ?? null, id: id ?? null, checkpoint: checkpoint ?? null, waits: wait };
}

/** What stands above the grants of a run, and cannot be kept in other processes; null: nothing is in the way. */
function againstWorkers(flags: RunFlags): [message: string, help: readonly string[]] | null {
  const wrong = wrongWorkers(flags);
  if (wrong !== null || flags.workers === undefined || (flags.constitution === undefined && flags.budget === undefined)) return wrong;
  return ['a constitution and a budget cannot be kept in other processes', ['leave out --workers, or --constitution and --budget']];
}

function jsonForm(document: boolean | undefined, stream: boolean | undefined): JsonForm {
  if (stream === true) return 'stream';
  return document === true ? 'document' : 'none';
}

function stepsChoice(flags: RunFlags): StepsChoice {
  const said = (['none', 'plain', 'tree'] as const).find((choice) => flags[`steps=${choice}`] === true);
  return said ?? (flags.steps === true ? 'some' : 'auto');
}

interface WorldFlags {
  readonly allow?: string[];
  readonly limit?: string[];
  readonly path?: string[];
  readonly capabilities?: string;
  readonly color: ColourChoice;
}

/** What the commands' actions leave behind. */
class Asked {
  invocation: Invocation | null = null;
  written = '';

  program(): Command {
    const root = this.plain(new Command('rtfs'));
    root.usage('[command] [options] …').description('Runs, checks and formats RTFS plans.').version(`rtfs ${version}`, '-V, --version', 'show the version');
    root.addHelpText('after', COMMON_HELP).helpCommand(false);
    this.run(root);
    this.stats(root);
    this.check(root);
    this.format(root);
    this.repl(root);
    this.doc(root);
    this.expand(root);
    this.test(root);
    this.context(root);
    this.policy(root);
    const tools: ArgumentTools = {
      command: (name, summary) => this.command(root, name, summary), world: (command) => this.world(command), collect,
      ask: (invocation) => (this.invocation = invocation), refuse: (message, help) => this.refuse(message, help),
    };
    keptCommands(tools);
    historyCommands(tools);
    engineCommands(tools);
    serveCommands(tools);
    this.capability(root);
    this.help(root);
    return root;
  }

  private plain(command: Command): Command {
    const write = (text: string): void => {
      this.written += text;
    };
    return command
      .exitOverride()
      .configureOutput({ writeOut: write, writeErr: write, outputError: () => undefined, getOutHelpWidth: () => 100, getErrHelpWidth: () => 100, getOutHasColors: () => false, getErrHasColors: () => false })
      .helpOption('-h, --help', 'show this help');
  }

  private command(root: Command, name: string, summary: string): Command {
    const command = this.plain(root.command(name)).description(summary);
    return command.addOption(new Option('--color <when>', 'colours in messages').choices([...COLOUR_CHOICES]).default('auto'));
  }

  private world(command: Command): Command {
    return command
      .option('--allow <grant>', 'let the plan use a capability: fs.read=DIR, http=HOST, env=NAME, time … (repeatable; see `rtfs help grants`)', collect)
      .option('--limit <name=value>', 'set a limit: fuel=10_000, depth=1e6, allocation=64M … (repeatable; see `rtfs help limits`)', collect)
      .option('--path <dir>', 'look for modules here too (repeatable)', collect)
      .option('--capabilities <file>', 'more capabilities, as the file declares them (default: .rtfs/capabilities.json, if there is one)');
  }

  private run(root: Command): void {
    const command = this.command(root, 'run', 'run a plan and print its value (also `rtfs FILE`)').argument('[file]', 'the plan; `-` for standard input').argument('[args...]', 'what the plan finds in *args*');
    workersOptions(this.tier(this.world(command))
      .option('-e, --eval <expr>', 'run this instead of a file (repeatable)', collect)
      .option('--input <file>', 'data that the plan finds in *input*: JSON, or RTFS data from .rtfs and .edn; `-` for standard input')
      .option('--json', 'print one JSON document with status, value, error and diagnostics')
      .option('--json=stream', 'print a line of JSON for each event, call and answer as it happens; the document is the last line')
      .option('--policy <policy>', 'the most that the plan may do, whatever is granted: a name that `rtfs policy` lists, or a file')
      .option('--constitution <file>', 'rules that stand above every grant: JSON, or RTFS data from .rtfs and .edn')
      .option('--secrets <file>', 'secrets by name, a JSON object in a file that only you can read')
      .option('--budget <amounts>', 'what the calls may take in all: calls=100,cost=2.5,tokens=10_000,time-ms=60_000,bytes=1M (see `rtfs help budgets`)', collect)
      .option('--strict', 'deny calls from steps that see more of the plan than is recommended')
      .option('--steps', 'show the steps on the error stream even where it is no terminal; how is said by --steps=tree, --steps=plain, --steps=none')
      .addOption(new Option('--steps=tree').hideHelp())
      .addOption(new Option('--steps=plain').hideHelp())
      .addOption(new Option('--steps=none').hideHelp())
      .option('--store <file>', 'keep the run in this file, so that it outlives the process (see `rtfs runs`)')
      .option('--keep', 'keep the run in the store of the project (.rtfs/runs.db)')
      .option('--id <id>', 'the id of the kept run; a new one unless given')
      .option('--checkpoint <when>', 'when the state of a kept run is written: effect, step, a count of effects (50), a time (10s)')
      .option('--no-wait', 'put a kept run away when it waits, even for time alone'), collect)
      .action((file: string | undefined, args: string[], flags: RunFlags) => {
        const json = jsonForm(flags.json, flags['json=stream']);
        const operands = file === undefined ? [] : [file, ...args];
        const [first, ...rest] = operands;
        if (flags.eval === undefined && first === undefined) return this.refuse('there is nothing to run', ['name a file, or give an expression with -e'], json);
        const origin = flags.eval === undefined ? originOf(first!) : { kind: 'text' as const, text: flags.eval.join('\n') };
        const keep = keepOf(flags);
        if (keep === null && (flags.id !== undefined || flags.checkpoint !== undefined || !flags.wait)) return this.refuse('--id, --checkpoint and --no-wait are for runs that are kept', ['add --store FILE or --keep'], json);
        if (flags.store !== undefined && flags.keep === true) return this.refuse('--store and --keep name two stores', [], json);
        const against = againstWorkers(flags);
        if (against !== null) return this.refuse(...against, json);
        const options = { keep, workers: workersOf(flags), origin, args: flags.eval === undefined ? rest : operands, input: flags.input ?? null, json, steps: stepsChoice(flags), security: securityOf(flags), tier: flags.tier, ...worldOf(flags) };
        if (options.input === '-' && origin.kind === 'stdin') return this.refuse('the plan and its input cannot both come from standard input', [], json);
        this.invocation = { command: 'run', options };
      });
  }

  private tier(command: Command): Command {
    return command.addOption(new Option('--tier <tier>', 'how code runs, with the same results: machine (interpreted), compiled (as JavaScript), auto (compiled once it is called often)').choices(['machine', 'compiled', 'auto']).default('auto'));
  }

  private stats(root: Command): void {
    const command = this.command(root, 'stats', 'run a plan and print what it took instead of its value').argument('[file]', 'the plan; `-` for standard input').argument('[args...]', 'what the plan finds in *args*');
    this.tier(this.world(command))
      .option('-e, --eval <expr>', 'run this instead of a file (repeatable)', collect)
      .option('--input <file>', 'data that the plan finds in *input*: JSON, or RTFS data from .rtfs and .edn; `-` for standard input')
      .option('--json', 'print one JSON document')
      .action((file: string | undefined, args: string[], flags: Pick<RunFlags, 'eval' | 'input' | 'json' | 'tier' | keyof WorldFlags>) => {
        const json = flags.json === true ? 'document' : 'none';
        if (flags.eval === undefined && file === undefined) return this.refuse('there is nothing to run', ['name a file, or give an expression with -e'], json);
        const operands = file === undefined ? [] : [file, ...args];
        const origin = flags.eval === undefined ? originOf(file!) : { kind: 'text' as const, text: flags.eval.join('\n') };
        const options = { keep: null, workers: null, origin, args: flags.eval === undefined ? args : operands, input: flags.input ?? null, json, steps: 'none', security: NO_SECURITY, tier: flags.tier, ...worldOf(flags) } as const;
        if (options.input === '-' && origin.kind === 'stdin') return this.refuse('the plan and its input cannot both come from standard input', [], json);
        this.invocation = { command: 'stats', options };
      });
  }

  private check(root: Command): void {
    this.command(root, 'check', 'report everything that is wrong with programs, without running them')
      .argument('<files...>', 'files and directories; `-` for standard input')
      .option('--path <dir>', 'look for modules here too (repeatable)', collect)
      .option('--deny-warnings', 'fail on warnings too')
      .option('--json', 'print the findings as a JSON array')
      .action((operands: string[], flags: WorldFlags & { denyWarnings?: true; json?: true }) => {
        const { color: colour, path: modulePaths = [] } = flags;
        this.invocation = { command: 'check', options: { operands, modulePaths, denyWarnings: flags.denyWarnings === true, json: flags.json === true, colour } };
      });
  }

  private format(root: Command): void {
    this.command(root, 'fmt', 'lay out programs in the standard way')
      .argument('<files...>', 'files and directories to rewrite; `-` formats standard input to the output')
      .option('--check', 'only list the files that are not formatted, and fail if there are any')
      .action((operands: string[], flags: WorldFlags & { check?: true }) => {
        if (operands.includes('-') && operands.length > 1) return this.refuse('`-` cannot be mixed with files', []);
        this.invocation = { command: 'fmt', options: { operands, check: flags.check === true, colour: flags.color } };
      });
  }

  private repl(root: Command): void {
    const command = this.command(root, 'repl', 'a prompt: try out forms one by one').argument('[files...]', 'files to load first');
    this.world(command).action((files: string[], flags: WorldFlags) => {
      this.invocation = { command: 'repl', options: { files, ...worldOf(flags) } };
    });
  }

  private doc(root: Command): void {
    this.command(root, 'doc', 'show what a name means; without a name list them all')
      .argument('[names...]', 'functions, special forms, macros')
      .option('-f, --file <file>', 'the definitions of this file instead of the library')
      .option('--path <dir>', 'look for modules here too (repeatable)', collect)
      .option('--json', 'print the entries as a JSON array')
      .action((names: string[], flags: WorldFlags & { file?: string; json?: true }) => {
        const { color: colour, path: modulePaths = [], file = null } = flags;
        this.invocation = { command: 'doc', options: { names, file, modulePaths, json: flags.json === true, colour } };
      });
  }

  private expand(root: Command): void {
    this.command(root, 'expand', 'print a program with all its macros expanded')
      .argument('[file]', 'the program; `-` for standard input')
      .option('-e, --eval <expr>', 'expand this instead of a file (repeatable)', collect)
      .option('--path <dir>', 'look for modules here too (repeatable)', collect)
      .action((file: string | undefined, flags: WorldFlags & { eval?: string[] }) => {
        if ((file === undefined) === (flags.eval === undefined)) return this.refuse('expected a file or -e, not both', []);
        const origin = flags.eval === undefined ? originOf(file!) : { kind: 'text' as const, text: flags.eval.join('\n') };
        this.invocation = { command: 'expand', options: { origin, modulePaths: flags.path ?? [], colour: flags.color } };
      });
  }

  private test(root: Command): void {
    this.command(root, 'test', 'run files that state their expected results')
      .argument('[files...]', 'files and directories; the working directory unless given')
      .addOption(new Option('--mode <mode>', 'how each is run: in one go, saved and restored at every call, in tiny quanta, printed and read again, or all of these').choices(MODES).default('straight'))
      .option('--json', 'print the results as one JSON document')
      .addHelpText('after', helpTopic('tests') ?? '')
      .action((operands: string[], flags: WorldFlags & { mode: string; json?: true }) => {
        this.invocation = { command: 'test', options: { operands, mode: flags.mode, json: flags.json === true, colour: flags.color } };
      });
  }

  private context(root: Command): void {
    const command = this.plain(root.command('ctx')).description('look at the contexts of a run');
    command.action(() => this.refuse('it is not said what to look at', ['rtfs ctx tree FILE']));
    this.command(command, 'tree', 'print the contexts of a run as a tree: keys and sizes, merges and conflicts')
      .argument('<file>', 'what `rtfs run --json=stream` printed; `-` for standard input')
      .option('--json', 'print the tree as one JSON document')
      .action((file: string, flags: WorldFlags & { json?: true }) => {
        this.invocation = { command: 'ctx', options: { origin: originOf(file), json: flags.json === true, colour: flags.color } };
      });
  }

  private policy(root: Command): void {
    this.command(root, 'policy', 'list the policies that come with rtfs, or print one')
      .argument('[policy]', 'a name, or a file to check')
      .action((policy: string | undefined, flags: WorldFlags) => {
        this.invocation = { command: 'policy', options: { policy: policy ?? null, colour: flags.color } };
      });
  }

  private capability(root: Command): void {
    const command = this.plain(root.command('cap')).description('list capabilities, show what they are, add more');
    command.action(() => this.refuse('it is not said what to do with capabilities', ['rtfs cap list, rtfs cap show ID, rtfs cap search WORD, rtfs cap add FILE']));
    const action = (name: CapabilityAction, summary: string): Command =>
      this.command(command, name, summary)
        .option('--capabilities <file>', 'the capabilities file (default: .rtfs/capabilities.json, if there is one)')
        .option('--json', 'print it as JSON');
    const carryOut = (name: CapabilityAction, operands: readonly string[], flags: WorldFlags & { json?: true; tools?: true }): void => {
      const options = { action: name, operands, file: flags.capabilities ?? null, tools: flags.tools === true, json: flags.json === true, colour: flags.color };
      this.invocation = { command: 'cap', options };
    };
    action('list', 'list all capabilities with their effects').action((flags: WorldFlags) => carryOut('list', [], flags));
    action('show', 'show what is known of a capability').argument('<id>').action((id: string, flags: WorldFlags) => carryOut('show', [id], flags));
    action('search', 'list the capabilities that have all the words in their id, summary, effects or tags')
      .argument('<words...>')
      .action((words: string[], flags: WorldFlags) => carryOut('search', words, flags));
    action('add', 'add what a file declares to the capabilities of the project')
      .argument('<file>')
      .option('--tools', 'also start its MCP servers and write down their tools, so that they are known without starting')
      .action((file: string, flags: WorldFlags) => carryOut('add', [file], flags));
  }

  private help(root: Command): void {
    this.plain(root.command('help'))
      .description(`show help for a command or a topic: ${TOPICS.join(', ')}`)
      .argument('[topic]')
      .action((topic: string | undefined) => {
        const command = root.commands.find((one) => one.name() === topic);
        const text = topic === undefined ? null : helpTopic(topic);
        if (topic === undefined) root.outputHelp();
        else if (command !== undefined) command.outputHelp();
        else if (text !== null) this.written += text;
        else this.refuse(`there is no help on \`${topic}\``, this.topicHelp(topic));
      });
  }

  private topicHelp(topic: string): string[] {
    const known = [...COMMANDS, ...TOPICS];
    const meant = suggest(topic, known);
    return [meant.length > 0 ? `did you mean ${meant.join(' or ')}?` : `there is help on ${known.join(', ')}`];
  }

  private refuse(message: string, help: readonly string[], json: JsonForm = 'none'): void {
    this.invocation = { command: 'refuse', problem: diagnostic('E0502', message, null, { help }), json };
  }
}

function securityOf({ policy, constitution, secrets, strict, budget }: RunFlags): SecurityOptions {
  return { policy: policy ?? null, constitution: constitution ?? null, secrets: secrets ?? null, strict: strict === true, budget: budget ?? [] };
}

type CapabilityAction = CapabilityOptions['action'];

function worldOf(flags: WorldFlags): WorldOptions & CommonOptions {
  return { grants: flags.allow ?? [], limits: flags.limit ?? [], modulePaths: flags.path ?? [], capabilities: flags.capabilities ?? null, colour: flags.color };
}
