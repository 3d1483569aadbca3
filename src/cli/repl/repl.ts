/**
 * `rtfs repl`: reads forms, evaluates them, prints their values. At a terminal with editing, history and completion;
 * otherwise line by line, without prompts, so that it can be driven through pipes. Nothing but the end of the input or
 * `:quit` ends it.
 */
import { createInterface, type Interface } from 'node:readline';
import path from 'node:path';
import { suggest } from '../../diagnostic/suggest.ts';
import { DEFAULT_LIMITS, limitLabel, type LimitName } from '../../evaluator/limits.ts';
import type { Console } from '../../host/port.ts';
import type { Form } from '../../parser/form.ts';
import { read } from '../../parser/reader.ts';
import { ALWAYS_SPECIAL, SPECIAL_FORMS } from '../../parser/special/table.ts';
import { printBrief } from '../../value/print.ts';
import { version } from '../../../package.json';
import { type DocEntry, entriesOf, entryText, libraryDocs, programDocs } from '../documentation.ts';
import { cliEnvironment } from '../environment.ts';
import { EXIT, type ExitCode } from '../exit.ts';
import type { ReplOptions } from '../invocation.ts';
import { LIMIT_MEANINGS, parseLimits } from '../limit.ts';
import { report } from '../report.ts';
import { Sources } from '../source.ts';
import type { Terminal } from '../terminal.ts';
import { openWorld } from '../world.ts';
import { completions } from './completion.ts';
import { appendHistory, HISTORY_MAX, historyFile, loadHistory } from './history.ts';
import { Lines } from './lines.ts';
import { Session } from './session.ts';

const PROMPT = 'rtfs> ';
const PROMPT_MORE = '  ... ';
/** Longer values are cut: nobody reads them at a prompt. */
const SHOWN_MAX = 100_000;

export async function replCommand(options: ReplOptions, terminal: Terminal): Promise<ExitCode> {
  const repl = new Repl(options, terminal);
  return repl.run();
}

const COMMANDS: Readonly<Record<string, string>> = {
  help: 'this overview',
  doc: ':doc NAME shows what a name means; so does (doc NAME)',
  load: ':load FILE evaluates all forms of a file',
  limits: ':limits shows the limits of each evaluation, :limits fuel=1e6 sets one',
  reset: 'forgets all definitions and values',
  quit: 'leaves; so does Ctrl-D',
};

class Repl {
  private readonly options: ReplOptions;
  private readonly terminal: Terminal;
  /** Grows by the directories of loaded files: their modules lie beside them. */
  private readonly modulePaths: string[];
  private readonly sources: Sources;
  private readonly environment = cliEnvironment();
  private readonly keywords = new Set<string>();
  private readonly isTerminal = process.stdin.isTTY === true && process.stdout.isTTY === true;
  private readonly historyFile = historyFile();
  private readonly reader: Interface;
  private readonly lines: Lines;
  private session: Session | null = null;
  private docs: readonly DocEntry[] | null = null;
  /** Lines of a form that is not complete yet. */
  private buffer = '';
  private inputs = 0;
  private running: AbortController | null = null;
  private code: ExitCode = EXIT.ok;

  constructor(options: ReplOptions, terminal: Terminal) {
    this.options = options;
    this.terminal = terminal;
    this.modulePaths = [...options.modulePaths];
    this.sources = new Sources(this.modulePaths);
    this.reader = this.openReader();
    this.lines = new Lines(this.reader);
  }

  private openReader(): Interface {
    if (!this.isTerminal) return createInterface({ input: process.stdin, terminal: false });
    return createInterface({
      input: process.stdin,
      output: this.terminal.outStream(),
      terminal: true,
      history: loadHistory(this.historyFile),
      historySize: HISTORY_MAX,
      removeHistoryDuplicates: true,
      completer: (line: string) => completions(line, this.candidates()),
    });
  }

  async run(): Promise<ExitCode> {
    const world = await openWorld(this.options, async () => this.console());
    if (!world.ok) {
      report(this.terminal, world.error, this.sources.lookup);
      this.reader.close();
      return EXIT.usage;
    }
    const { openHost, limits } = world.value;
    this.session = new Session({ environment: this.environment, sources: this.sources, openHost }, limits);
    const interrupt = (): void => this.interrupt();
    this.reader.on('SIGINT', interrupt);
    process.on('SIGINT', interrupt);
    if (this.isTerminal) this.terminal.error(`RTFS ${version}  ·  :help for help, Ctrl-D to leave\n`);
    for (const file of this.options.files) await this.load(file);
    await this.loop();
    process.removeListener('SIGINT', interrupt);
    this.reader.close();
    return this.code;
  }

  // ── lines ────────────────────────────────────────────────────────────────────────────────────────────────────────

  private async loop(): Promise<void> {
    for (;;) {
      this.prompt(this.buffer === '' ? PROMPT : PROMPT_MORE);
      const line = await this.lines.next();
      if (line === null) break;
      if (this.isTerminal) appendHistory(this.historyFile, line);
      const done = this.buffer === '' ? await this.command(line) : null;
      if (done === 'quit') return;
      if (done === null) await this.text(line);
    }
    // The input ended within a form: what is missing has to be said.
    await this.evaluateBuffer();
    if (this.isTerminal) this.terminal.error('\n');
  }

  private prompt(text: string): void {
    if (!this.isTerminal) return;
    this.reader.setPrompt(text);
    this.reader.prompt();
  }

  private async text(line: string): Promise<void> {
    this.buffer += `${line}\n`;
    if (!read(this.buffer, '<input>').incomplete) await this.evaluateBuffer();
  }

  // ── evaluation ───────────────────────────────────────────────────────────────────────────────────────────────────

  private async evaluateBuffer(): Promise<void> {
    const text = this.buffer;
    this.buffer = '';
    this.inputs += 1;
    await this.evaluateAll(text, `<input ${this.inputs}>`);
  }

  /** One form after the other, until one fails. */
  private async evaluateAll(text: string, file: string, isQuiet = false): Promise<boolean> {
    const session = this.session!;
    const { pieces, diagnostics } = session.piecesOf(text, file);
    if (diagnostics.length > 0) {
      report(this.terminal, diagnostics, session.lookup);
      return false;
    }
    for (const piece of pieces) {
      this.noteKeywords(piece.form);
      const asked = this.docRequest(piece.form);
      if (asked !== null) this.showDoc(asked);
      else if (!(await this.evaluateOne(piece, piece.form, isQuiet))) return false;
    }
    return true;
  }

  private async evaluateOne(piece: { readonly text: string; readonly file: string; readonly offset: number }, form: Form, isQuiet: boolean): Promise<boolean> {
    const session = this.session!;
    const controller = new AbortController();
    this.running = controller;
    const result = await session.evaluate(piece, form, controller.signal).finally(() => {
      this.running = null;
    });
    switch (result.kind) {
      case 'value':
        report(this.terminal, result.warnings, session.lookup);
        if (!isQuiet) this.terminal.out(`${printBrief(result.value, SHOWN_MAX)}\n`);
        return true;
      case 'failed':
      case 'invalid':
        report(this.terminal, result.diagnostics, session.lookup);
        return false;
      case 'interrupted':
        this.terminal.error('interrupted\n');
        return false;
    }
  }

  private interrupt(): void {
    if (this.running !== null) {
      this.running.abort();
      return;
    }
    if (!this.isTerminal) {
      this.code = EXIT.interrupted;
      this.reader.close();
      return;
    }
    // Nothing runs: the line and what came before it are thrown away.
    this.buffer = '';
    this.reader.write(null, { ctrl: true, name: 'e' });
    this.reader.write(null, { ctrl: true, name: 'u' });
    this.terminal.out('^C\n');
    this.prompt(PROMPT);
  }

  /** The world's console: questions of the program are answered at the same prompt. */
  private console(): Console {
    const write = (stream: NodeJS.WriteStream, text: string): Promise<void> =>
      new Promise((resolve, reject) => {
        stream.write(text, (problem) => (problem ? reject(problem) : resolve()));
      });
    return {
      writeOut: (text) => write(this.terminal.outStream(), text),
      writeError: (text) => write(this.terminal.errorStream(), text),
      ask: async (question, signal) => {
        if (this.isTerminal) this.prompt(question);
        else await write(this.terminal.errorStream(), question);
        return this.lines.next(signal);
      },
      close: () => undefined,
    };
  }

  // ── commands of the prompt ───────────────────────────────────────────────────────────────────────────────────────

  /** Null when the line is no command of the prompt. */
  private async command(line: string): Promise<'quit' | 'done' | null> {
    const match = /^:([a-z]+)(?:\s+(.*\S))?\s*$/.exec(line.trim());
    if (match === null) return null;
    const [, name = '', argument = ''] = match;
    switch (name) {
      case 'q':
      case 'exit':
      case 'quit':
        return 'quit';
      case 'help':
        this.showHelp();
        return 'done';
      case 'doc':
        this.showDoc(argument);
        return 'done';
      case 'load':
        await this.load(argument);
        return 'done';
      case 'limits':
        this.setLimits(argument);
        return 'done';
      case 'reset':
        this.session!.reset();
        this.terminal.error('all definitions are forgotten\n');
        return 'done';
      default:
        if (argument !== '') this.hintAtCommand(name);
        return null;
    }
  }

  private hintAtCommand(name: string): void {
    const meant = suggest(name, Object.keys(COMMANDS), 1)[0];
    if (meant !== undefined) this.terminal.error(`:${name} is a keyword; did you mean the command :${meant}?\n`);
  }

  private showHelp(): void {
    const rows = Object.entries(COMMANDS).map(([name, text]) => `  :${name.padEnd(8)} ${text}\n`);
    this.terminal.out(
      `Forms are evaluated and their values printed; a form may go over several lines.\n` +
        `*1 *2 *3 are the last values, *e is the last error. Ctrl-C stops what runs, or clears the line.\n${rows.join('')}`,
    );
  }

  private async load(file: string): Promise<void> {
    if (file === '') return this.terminal.error('name the file: :load FILE\n');
    const source = this.sources.readFile(file);
    if (!source.ok) return report(this.terminal, [source.error], this.sources.lookup);
    const directory = path.dirname(file);
    if (!this.modulePaths.includes(directory)) this.modulePaths.push(directory);
    if (await this.evaluateAll(source.value.text, file, true)) this.terminal.error(`loaded ${file}\n`);
  }

  private setLimits(argument: string): void {
    const session = this.session!;
    if (argument !== '') {
      const limits = parseLimits(argument.split(/\s+/));
      if (!limits.ok) return report(this.terminal, limits.error, session.lookup);
      session.limits = { ...session.limits, ...limits.value };
    }
    const all = { ...DEFAULT_LIMITS, ...session.limits };
    const rows = (Object.keys(LIMIT_MEANINGS) as LimitName[]).map((name) => `  ${limitLabel(name).padEnd(16)} ${all[name]}\n`);
    this.terminal.out(rows.join(''));
  }

  // ── docs and completion ──────────────────────────────────────────────────────────────────────────────────────────

  /** The name in `(doc name)`, unless the program has a `doc` of its own. */
  private docRequest(form: Form): string | null {
    if (form.kind !== 'list' || form.items.length !== 2 || this.session!.names().includes('doc')) return null;
    const [head, name] = form.items;
    return head?.kind === 'symbol' && head.name === 'doc' && name?.kind === 'symbol' ? name.name : null;
  }

  private showDoc(name: string): void {
    if (name === '') return this.terminal.error('name what you want to know about: :doc NAME\n');
    this.docs ??= libraryDocs();
    const namespace = this.session!.namespace();
    const own = namespace === null ? [] : entriesOf(programDocs(namespace), name);
    const entries = own.length > 0 ? own : entriesOf(this.docs, name);
    if (entries.length > 0) return this.terminal.out(entries.map((entry) => entryText(entry, this.docs!)).join('\n'));
    const meant = suggest(name, this.candidates());
    this.terminal.error(`nothing is known about ${name}${meant.length > 0 ? `; did you mean ${meant.join(' or ')}?` : ''}\n`);
  }

  private candidates(): string[] {
    const library = [...this.environment.library.names()].filter((name) => !name.startsWith('%'));
    const specials = [...ALWAYS_SPECIAL.keys(), ...SPECIAL_FORMS.keys()].filter((name) => !name.startsWith('%'));
    const commands = Object.keys(COMMANDS).map((name) => `:${name}`);
    return [...(this.session?.names() ?? []), ...library, ...specials, ...this.keywords, ...commands];
  }

  private noteKeywords(form: Form): void {
    const open: Form[] = [form];
    for (let next = open.pop(); next !== undefined; next = open.pop()) {
      if (next.kind === 'keyword') this.keywords.add(`:${next.name}`);
      else if (next.kind !== 'atom' && next.kind !== 'symbol') for (const item of next.items) open.push(item);
    }
  }
}

