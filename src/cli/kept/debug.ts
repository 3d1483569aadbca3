/**
 * `rtfs debug RUN`: looks at any moment of a recorded run. At a terminal with a prompt and history, elsewhere line by line without, so
 * that a session can be written down and given as input.
 */
import { createInterface, type Interface } from 'node:readline';
import { diagnostic } from '../../diagnostic/diagnostic.ts';
import { tapeWorld } from '../../host/durable/fork.ts';
import { Tape } from '../../host/durable/tape.ts';
import { Timeline } from '../../host/durable/timeline.ts';
import { EXIT, type ExitCode } from '../exit.ts';
import type { DebugOptions } from '../invocation.ts';
import { completions } from '../repl/completion.ts';
import { appendHistory, HISTORY_MAX, historyFile, loadHistory } from '../repl/history.ts';
import { Lines } from '../repl/lines.ts';
import type { Terminal } from '../terminal.ts';
import { DEBUG_COMMANDS, DebugSession, type Reply } from './debug-session.ts';
import type { OpenedStore } from './store.ts';
import { withRun } from './with-store.ts';

const PROMPT = 'debug> ';

export function debugCommand(options: DebugOptions, terminal: Terminal): Promise<ExitCode> {
  return withRun(options, { json: options.json, terminal }, async (opened, row, refuse) => {
    const session = await openSession(opened, row.id, options.restate === null);
    return session.ok ? converse(session.value, options.json, terminal) : refuse(diagnostic('E0511', `cannot look at the run ${row.id}: ${session.error}`, null));
  });
}

async function openSession({ keeping, option }: OpenedStore, run: string, mayFork: boolean): ReturnType<typeof DebugSession.open> {
  const tape = await Tape.open(tapeWorld(keeping), run);
  return tape.ok ? DebugSession.open(keeping, new Timeline(tape.value), { option, mayFork }) : tape;
}

/** A command that is wrong makes a script fail; a person is told, and goes on. */
async function converse(session: DebugSession, asJson: boolean, terminal: Terminal): Promise<ExitCode> {
  const isTerminal = process.stdin.isTTY === true && process.stdout.isTTY === true && !asJson;
  const history = isTerminal ? historyFile() : null;
  const reader = openReader(isTerminal, history, terminal);
  const lines = new Lines(reader);
  let code: ExitCode = EXIT.ok;
  const tell = ({ text, data }: Reply): void => terminal.out(asJson ? `${JSON.stringify(data)}\n` : text);
  tell(session.moment());
  for (;;) {
    if (isTerminal) reader.prompt();
    const line = await lines.next();
    if (line === null) break;
    appendHistory(history, line);
    if (line.trim() === '') continue;
    const answered = await session.carryOut(line);
    if (answered === null) break;
    if (answered.ok) tell(answered.value);
    else if (asJson) terminal.out(`${JSON.stringify({ problem: answered.error })}\n`);
    else terminal.error(`${answered.error}\n`);
    if (!answered.ok && !isTerminal) code = EXIT.failed;
  }
  reader.close();
  return code;
}

function openReader(isTerminal: boolean, history: string | null, terminal: Terminal): Interface {
  if (!isTerminal) return createInterface({ input: process.stdin, terminal: false });
  const reader = createInterface({
    input: process.stdin, output: terminal.outStream(), terminal: true, prompt: PROMPT, history: loadHistory(history), historySize: HISTORY_MAX, removeHistoryDuplicates: true,
    completer: (line: string) => completions(line, Object.keys(DEBUG_COMMANDS)),
  });
  reader.on('SIGINT', () => reader.close());
  return reader;
}
