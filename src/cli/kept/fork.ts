/** `rtfs fork RUN --at PLACE`: a run with the past of another one. */
import { type Diagnostic, diagnostic, type Result } from '../../diagnostic/diagnostic.ts';
import { type ForkPlace, forkRun } from '../../host/durable/fork.ts';
import type { RunRow } from '../../host/store/port.ts';
import { readValue } from '../../parser/datum.ts';
import type { Value } from '../../value/value.ts';
import { EXIT, type ExitCode } from '../exit.ts';
import type { ForkOptions } from '../invocation.ts';
import type { Terminal } from '../terminal.ts';
import { storeDiagnostic } from './drive.ts';
import { personOf } from './person.ts';
import { goOn } from './resume.ts';
import { newRunId } from './run.ts';
import { openStore, type OpenedStore } from './store.ts';
import { type Refuse, withRun } from './with-store.ts';

export function forkCommand(options: ForkOptions, terminal: Terminal): Promise<ExitCode> {
  return withRun(options, { json: options.json, terminal }, async (past, row, refuse) => {
    if (options.restate === null) return fork(past, past, row, options, terminal, refuse);
    // What a server has is written down for readers: the new run is one of a store.
    const opened = await openStore(options, true);
    if (!opened.ok) return refuse(opened.error);
    try {
      return await fork(past, opened.value, row, options, terminal, refuse);
    } finally {
      await opened.value.keeping.store.close();
    }
  });
}

async function fork(past: OpenedStore, opened: OpenedStore, row: RunRow, options: ForkOptions, terminal: Terminal, refuse: Refuse): Promise<ExitCode> {
  const { keeping, option } = opened;
  const answers = readAnswers(options.answers);
  if (!answers.ok) return refuse(answers.error);
  const id = options.id ?? newRunId(keeping.clock.nowMs());
  try {
    const forked = await forkRun(keeping, row.id, placeOf(options.at), { id, answers: answers.value, who: personOf(options.who) }, past.keeping);
    if (!forked.ok) return await refuse(diagnostic('E0502', `cannot fork: ${forked.error}`, null, { help: [`\`rtfs log ${row.id}${past.option}\` numbers the records`] }));
    const { seq } = forked.value;
    if (!options.resumes && options.json !== 'none') terminal.out(`${JSON.stringify({ run: id, from: row.id, seq })}\n`);
    else terminal.error(`forked: run ${id} has the past of ${row.id} up to record ${seq}${options.resumes ? '' : `; \`rtfs resume ${id}${option}\` goes on`}\n`);
  } catch (cause) {
    return refuse(storeDiagnostic(cause, id));
  }
  return options.resumes ? goOn(opened, { id }, options, terminal) : EXIT.ok;
}

function placeOf(at: string): ForkPlace {
  return /^\d+$/.test(at) ? { seq: Number(at) } : { label: at.startsWith(':') ? at.slice(1) : at };
}

/** Of `CALL=VALUE`, the value as RTFS writes it. */
export function readAnswers(texts: readonly string[]): Result<readonly (readonly [string, Value])[], Diagnostic> {
  const answers: (readonly [string, Value])[] = [];
  for (const text of texts) {
    const at = text.indexOf('=');
    const value = at < 1 ? null : readValue(text.slice(at + 1));
    if (value?.ok !== true) {
      const why = value === null ? 'it names no call' : `the value cannot be read: ${value.error[0]?.message ?? 'it is empty'}`;
      return { ok: false, error: diagnostic('E0502', `an answer cannot be ${text}: ${why}`, null, { help: ['CALL=VALUE: the number of the call, and the value as RTFS writes it: 3=\'"yes"\''] }) };
    }
    answers.push([text.slice(0, at), value.value]);
  }
  return { ok: true, value: answers };
}
