/** Plans and runs on an engine, for whoever deploys, starts, asks and answers: the other side of `segment.ts`. */
import { comparePositions } from '../../evaluator/event.ts';
import type { Result } from '../../diagnostic/diagnostic.ts';
import { keepProgram, type Runnable } from '../durable/program.ts';
import { type NewStart, startData } from '../durable/recover.ts';
import { decodeStatus, encodeSegment, encodeStatus, type EngineStatus, readEvents, STATUS_NAME } from './documents.ts';
import type { Engine } from './port.ts';

/** The plan is there under its name from now on, and its code under its hash for as long as anybody needs it. Gives the hash. */
export async function deployPlan({ content, names }: Pick<Engine, 'content' | 'names'>, name: string, program: Runnable): Promise<string> {
  const kept = keepProgram(program);
  for (const one of kept.content) await content.write(one.hash, one.bytes);
  await names.write(name, kept.hash);
  return kept.hash;
}

export interface NewEngineRun {
  readonly id: string;
  /** The name of a plan that is deployed. */
  readonly plan: string;
  readonly start?: NewStart;
}

/** Begins a run of what the name means now; what is deployed under it later does not touch the run. Gives the hash, or why it cannot be. */
export async function startPlan(engine: Engine, { id, plan, start }: NewEngineRun): Promise<Result<string, string>> {
  const program = await engine.names.read(plan);
  if (program === null) return { ok: false, error: `no plan ${plan} is deployed` };
  const status: EngineStatus = { status: 'running', name: plan, program, answered: 0, waits: [], value: null, error: null, events: null, ignored: null };
  const input = await encodeSegment(startData(program, plan, start), null, engine.content);
  const isNew = await engine.start(id, input, { [STATUS_NAME]: await encodeStatus(status, engine.content) });
  return isNew ? { ok: true, value: program } : { ok: false, error: `there is a run ${id} already` };
}

/** Null: there is no such run. */
export async function engineStatus(engine: Pick<Engine, 'read' | 'content'>, run: string): Promise<EngineStatus | null> {
  const bytes = await engine.read(run, STATUS_NAME);
  return bytes === null ? null : decodeStatus(bytes, engine.content);
}

/** What has happened in a run, as lines of JSON in logical order: the same lines wherever and however often the plan runs, when the same answers are given. */
export async function engineEvents({ content }: Pick<Engine, 'content'>, { events }: Pick<EngineStatus, 'events'>): Promise<readonly string[]> {
  return inLogicalOrder(await readEvents(events, content));
}

/** Events of one run in the order of their positions, which is the same in whichever order answers came. */
export function inLogicalOrder(lines: readonly string[]): readonly string[] {
  return lines
    .map((line) => ({ line, position: (JSON.parse(line) as { readonly at: string }).at }))
    .sort((a, b) => comparePositions(a.position, b.position))
    .map(({ line }) => line);
}
