/** `rtfs answer`, `rtfs approve`, `rtfs deny`, `rtfs cancel`: something is said to a run, and it goes on. */
import { type Diagnostic, diagnostic, type Result } from '../../diagnostic/diagnostic.ts';
import { errorValue } from '../../evaluator/raise.ts';
import { encodeMessage } from '../../host/durable/message.ts';
import { approvalValue, readPerson } from '../../host/security/approval.ts';
import type { RunRow } from '../../host/store/port.ts';
import { readValue } from '../../parser/datum.ts';
import type { Value } from '../../value/value.ts';
import type { WaitShown } from '../ending.ts';
import { EXIT, type ExitCode } from '../exit.ts';
import type { TellOptions } from '../invocation.ts';
import type { Terminal } from '../terminal.ts';
import { personOf } from './person.ts';
import { goOn } from './resume.ts';
import { waitsOf } from './show.ts';
import type { OpenedStore } from './store.ts';
import { type Refuse, withRun } from './with-store.ts';

export function tellCommand(options: TellOptions, terminal: Terminal): Promise<ExitCode> {
  return withRun(options, { json: options.json, terminal }, (opened, row, refuse) => tell(opened, row, options, terminal, refuse));
}

async function tell(opened: OpenedStore, row: RunRow, options: TellOptions, terminal: Terminal, refuse: Refuse): Promise<ExitCode> {
  if (row.status !== 'running' && row.status !== 'waiting') return refuse(diagnostic('E0511', `the run ${row.id} is over: it is ${row.status}`, null));
  const message = messageOf(options, row, opened.keeping.clock.nowMs());
  if (!message.ok) return refuse(message.error);
  await opened.keeping.store.send(row.id, message.value);
  if (options.resumes) return goOn(opened, row, options, terminal, { said: true });
  terminal.error(`said; \`rtfs resume ${row.id}${opened.option}\` goes on\n`);
  return EXIT.ok;
}

type SaidTo = Pick<RunRow, 'id' | 'status' | 'waits'>;

/** The row of the run as far as it is needed; a run on an engine has as much. */
export function messageOf({ saying, who }: TellOptions, row: SaidTo, nowMs: number): Result<Uint8Array, Diagnostic> {
  const by = { who: personOf(who) };
  switch (saying.kind) {
    case 'cancel':
      return { ok: true, value: encodeMessage('cancel', { reason: saying.reason ?? 'the run was cancelled', ...by }) };
    case 'repeat':
      return { ok: true, value: encodeMessage('repeat', { call: saying.call, ...by }) };
    case 'answer': {
      const wait = waitsOf(row).find((one) => one.call === saying.call);
      if (wait === undefined && row.status === 'waiting') return { ok: false, error: noSuchCall(saying.call, waitsOf(row)) };
      const answer = answerData(saying, wait ?? null);
      return answer.ok ? { ok: true, value: encodeMessage('answer', { call: saying.call, ...answer.value, ...by }) } : answer;
    }
    case 'approve':
    case 'deny':
      return approvalMessage(saying, by.who, row, nowMs);
  }
}

function approvalMessage({ kind, call }: { readonly kind: 'approve' | 'deny'; readonly call: string | null }, who: string, row: SaidTo, nowMs: number): Result<Uint8Array, Diagnostic> {
  const waiting = waitsOf(row).filter((wait) => wait.kind === 'approval' && (call === null || wait.call === call));
  const [wait] = waiting;
  const by = readPerson(who);
  if (by === null) return { ok: false, error: diagnostic('E0502', `${who} is nobody who can approve`, null, { help: ['a person is written human:NAME'] }) };
  if (wait?.hash == null) return { ok: false, error: diagnostic('E0502', `no call of the run ${row.id} waits for approval`, null) };
  if (waiting.length > 1) return { ok: false, error: diagnostic('E0502', 'several calls wait for approval: say which', null, { help: waiting.map((one) => `call ${one.call}: ${one.question ?? one.capability}`) }) };
  const approval = approvalValue({ verdict: kind, hash: wait.hash, by, timeMs: nowMs, comment: null });
  return { ok: true, value: encodeMessage(kind, { call: wait.call, approval }) };
}

function answerData({ text, isError }: { readonly text: string; readonly isError: boolean }, wait: WaitShown | null): Result<Record<string, Value>, Diagnostic> {
  if (isError) return { ok: true, value: { error: errorValue('host', text) } };
  // What a person types in reply to a question is text; what a capability would have given is a value.
  if (wait?.kind === 'person') return { ok: true, value: { text } };
  const value = readValue(text);
  if (value.ok) return { ok: true, value: { value: value.value } };
  return { ok: false, error: diagnostic('E0502', `the answer cannot be read as a value: ${value.error[0]?.message ?? 'it is empty'}`, null, { help: ['text is written in quotes: \'"yes"\''] }) };
}

function noSuchCall(call: string, waits: readonly WaitShown[]): Diagnostic {
  const known = waits.filter((wait) => wait.kind !== 'timer').map((wait) => `call ${wait.call}: ${wait.question ?? wait.capability}`);
  return diagnostic('E0502', `the run does not wait for an answer to call ${call}`, null, { help: known.length === 0 ? ['it waits for time only'] : known });
}
