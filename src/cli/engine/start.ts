/** `rtfs start`, `rtfs status`: a run of a plan that is deployed, begun and asked about. */
import { diagnostic } from '../../diagnostic/diagnostic.ts';
import { startPlan } from '../../host/engine/client.ts';
import { Vector } from '../../value/vector.ts';
import { ARGUMENTS_VARIABLE, INPUT_VARIABLE } from '../environment.ts';
import { EXIT, type ExitCode } from '../exit.ts';
import { readInput } from '../input.ts';
import { withInterrupt } from '../interrupt.ts';
import type { StartOptions, StatusOptions } from '../invocation.ts';
import { newRunId } from '../kept/run.ts';
import { parseLimits } from '../limit.ts';
import { Sources } from '../source.ts';
import type { Terminal } from '../terminal.ts';
import { findEngineRun, followRun, refuseEngine, tellStatus, withEngine } from './place.ts';

export async function startCommand(options: StartOptions, terminal: Terminal): Promise<ExitCode> {
  const { restate, plan, args, json, waits } = options;
  const place = { terminal, json };
  const limits = parseLimits(options.limits);
  if (!limits.ok) return refuseEngine(limits.error, place);
  const input = options.input === null ? ({ ok: true, value: null } as const) : await readInput(options.input, new Sources());
  if (!input.ok) return refuseEngine(input.error, place);
  return withEngine(restate, place, async (opened) => {
    const id = options.id ?? newRunId(Date.now());
    const variables = [[INPUT_VARIABLE, input.value], [ARGUMENTS_VARIABLE, Vector.adopt([...args])]] as const;
    const started = await startPlan(opened.engine, { id, plan, start: { limits: limits.value, variables } });
    if (!started.ok) return refuseEngine([diagnostic('E0511', started.error, null, { help: [`\`rtfs deploy FILE${opened.option}\` deploys a plan`] })], place);
    if (waits) return tellStatus(id, await withInterrupt((signal) => followRun(opened, id, null, signal)), opened, place);
    terminal.out(json === 'none' ? `${id}\n` : `${JSON.stringify({ status: 'running', run: id, program: started.value })}\n`);
    return EXIT.ok;
  });
}

export async function statusCommand({ restate, run, json, waits }: StatusOptions, terminal: Terminal): Promise<ExitCode> {
  const place = { terminal, json };
  return withEngine(restate, place, async (opened) => {
    const found = await findEngineRun(opened, run);
    if (!found.ok) return refuseEngine([found.error], place);
    const { id, status } = found.value;
    return tellStatus(id, waits ? await withInterrupt((signal) => followRun(opened, id, null, signal)) : status, opened, place);
  });
}
