/** `rtfs run --store FILE`, `rtfs run --keep`: a run that outlives the process. */
import { randomBytes } from 'node:crypto';
import { type Diagnostic, diagnostic, type Result } from '../../diagnostic/diagnostic.ts';
import type { StartOptions } from '../../evaluator/kernel.ts';
import type { Limits } from '../../evaluator/limits.ts';
import type { WorkersOptions } from '../../host/branch/lease.ts';
import type { Program } from '../../host/compile.ts';
import { startRun } from '../../host/durable/driver.ts';
import type { CheckpointPolicy } from '../../host/durable/recorder.ts';
import type { Grant, Host } from '../../host/port.ts';
import type { Governed } from '../../host/security/governance.ts';
import type { Value } from '../../value/value.ts';
import { type EndingPlace, tellEnding } from '../ending.ts';
import { EXIT, type ExitCode } from '../exit.ts';
import { withInterrupt } from '../interrupt.ts';
import type { KeepOptions, SecurityOptions } from '../invocation.ts';
import { tellsPassed } from '../passed.ts';
import type { Watch } from '../watching.ts';
import { authorityValue } from './authority.ts';
import { endingOf, storeDiagnostic } from './drive.ts';
import { personOf } from './person.ts';
import { openStore } from './store.ts';

export interface KeptRun {
  readonly program: Program;
  readonly limits: Partial<Limits>;
  readonly variables: Iterable<readonly [string, Value]>;
  readonly grants: readonly Grant[];
  readonly security: SecurityOptions;
  readonly isolations?: StartOptions['isolations'];
  readonly openHost: () => Promise<Host & Governed>;
  readonly openWatch: () => Promise<Watch | null>;
  readonly keep: KeepOptions;
  /** Null: branches stay here. */
  readonly workers: WorkersOptions | null;
  readonly name: string;
  readonly diagnostics: readonly Diagnostic[];
  readonly place: Omit<EndingPlace, 'run'>;
}

export async function runKept(kept: KeptRun): Promise<ExitCode> {
  const { keep, place, program, limits, variables, grants, name } = kept;
  const checkpoints = checkpointPolicy(keep.checkpoint);
  if (!checkpoints.ok) return refuse(checkpoints.error, place);
  const opened = await openStore(keep, true);
  if (!opened.ok) return refuse(opened.error, place);
  const { keeping, option } = opened.value;
  const id = keep.id ?? newRunId(keeping.clock.nowMs());
  const watch = await kept.openWatch();
  const host = await kept.openHost();
  try {
    const result = await withInterrupt((signal) =>
      startRun(keeping, program, { id, name, authority: authorityValue(grants, kept.security), start: { limits, variables, ...(kept.isolations === undefined ? {} : { isolations: kept.isolations }) } }, {
        host, signal, observer: { ...tellsPassed(place.terminal), ...watch?.observer }, checkpoints: checkpoints.value, asks: process.stdin.isTTY === true, person: personOf(null), park: { timers: !keep.waits }, ...(kept.workers === null ? {} : { workers: kept.workers }),
      }),
    );
    watch?.end();
    return await tellEnding(endingOf(result, id, option), { ...place, run: id }, kept.diagnostics);
  } catch (cause) {
    return refuse(storeDiagnostic(cause, id), place);
  } finally {
    await host.close();
    await keeping.store.close();
  }
}

async function refuse(problem: Diagnostic, { terminal, json, lookup }: Omit<EndingPlace, 'run'>): Promise<ExitCode> {
  if (json !== 'none') terminal.out((await import('../document.ts')).runDocument({ status: 'invalid', diagnostics: [problem] }, lookup, json));
  else (await import('../report.ts')).report(terminal, [problem], lookup);
  return EXIT.usage;
}

/** Without letters that look like others; the first ones are the time, so that ids sort by age. */
const DIGITS = '0123456789abcdefghjkmnpqrstvwxyz';

export function newRunId(nowMs: number): string {
  let id = '';
  for (let rest = nowMs; id.length < 9; rest = Math.floor(rest / 32)) id = DIGITS.charAt(rest % 32) + id;
  for (const byte of randomBytes(5)) id += DIGITS.charAt(byte % 32);
  return id;
}

/** `effect`, `step`, a count of effects, or a time: `500ms`, `10s`, `5m`. */
function checkpointPolicy(text: string | null): Result<Partial<CheckpointPolicy>, Diagnostic> {
  if (text === null) return { ok: true, value: {} };
  if (text === 'effect') return { ok: true, value: { effects: 1 } };
  if (text === 'step') return { ok: true, value: { steps: true } };
  const [, amount = '', unit = ''] = /^([1-9]\d{0,8})(ms|s|m|)$/.exec(text) ?? [];
  if (amount === '') return { ok: false, error: diagnostic('E0502', `--checkpoint cannot be ${text}`, null, { help: ['one of: effect, step, a count of effects (100), a time (500ms, 10s, 5m)'] }) };
  if (unit === '') return { ok: true, value: { effects: Number(amount) } };
  return { ok: true, value: { everyMs: Number(amount) * ({ ms: 1, s: 1_000, m: 60_000 }[unit] ?? 1) } };
}
