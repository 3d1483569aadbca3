/** Plans and runs on an engine, for whoever deploys, starts, asks and answers: the other side of `segment.ts`. */
import { comparePositions } from '../../evaluator/event.ts';
import type { Result } from '../../diagnostic/diagnostic.ts';
import type { Keeping } from '../durable/driver.ts';
import { readParent } from '../durable/callback.ts';
import { contentOf, Facts } from '../durable/facts.ts';
import { keepProgram, programGroups, type Runnable } from '../durable/program.ts';
import { chained } from '../durable/record-data.ts';
import { type NewStart, startData } from '../durable/recover.ts';
import { decodeStatus, encodeSegment, encodeStatus, type EngineStatus, newStatus, STATUS_NAME } from './documents.ts';
import type { Engine } from './port.ts';
import { decodePiece, pieceName } from './records.ts';
import { recordData, type RecordDraft } from '../journal/record.ts';
import { type Content, EMPTY_HEAD, hasEnded } from '../store/port.ts';
import { runIdProblem } from '../store/problem.ts';
import { encodeValue } from '../../value/bytes.ts';
import { Vector } from '../../value/vector.ts';

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
  const problem = runIdProblem(id);
  if (problem !== null) return { ok: false, error: problem };
  const program = await engine.names.read(plan);
  if (program === null) return { ok: false, error: `no plan ${plan} is deployed` };
  const input = await encodeSegment(startData(program, plan, start), null, engine.content);
  const isNew = await engine.start(id, input, { [STATUS_NAME]: await encodeStatus(newStatus(plan, program), engine.content) });
  return isNew ? { ok: true, value: program } : { ok: false, error: `there is a run ${id} already` };
}

/** Null: there is no such run. */
export async function engineStatus(engine: Pick<Engine, 'read' | 'content'>, run: string): Promise<EngineStatus | null> {
  const bytes = await engine.read(run, STATUS_NAME);
  return bytes === null ? null : decodeStatus(bytes, engine.content);
}

/** What has happened in a run, as the records of a journal (`rtfs/host`): large values are content under their hashes. */
export async function engineRecords({ read, content }: Pick<Engine, 'read' | 'content'>, run: string): Promise<readonly RecordDraft[]> {
  const records: (readonly RecordDraft[])[] = [];
  for (let number = 1; ; number++) {
    const piece = await read(run, pieceName(number));
    if (piece === null) return records.flat();
    records.push(await decodePiece(piece, content));
  }
}

/** Whether the run is a callback of one that has not ended, and may ask again what it gave. */
export async function isStillCalledBack(engine: Pick<Engine, 'read' | 'content'>, run: string): Promise<boolean> {
  const piece = await engine.read(run, pieceName(1));
  const [started] = piece === null ? [] : await decodePiece(piece, engine.content);
  const parent = started === undefined ? null : readParent(new Facts(recordData(started.data)));
  const caller = parent?.run == null ? null : await engineStatus(engine, parent.run);
  return caller !== null && !hasEnded(caller.status);
}

/** The steps of a run, as lines of JSON in logical order: the same lines wherever and however often the plan runs, when the same answers are given. */
export async function engineEvents(engine: Pick<Engine, 'read' | 'content'>, run: string): Promise<readonly string[]> {
  const turns = (await engineRecords(engine, run)).filter(({ kind }) => kind === 'turn-ended');
  return inLogicalOrder(turns.flatMap(({ data }) => new Facts(recordData(data)).items('events')).filter((line) => typeof line === 'string'));
}

/** Writes a run of an engine into a store as a journal of its own, for whatever reads those; false: there is no such run. The journal is signed by nobody. */
export async function copyRun(engine: Engine, run: string, { store, sha256, owner }: Pick<Keeping, 'store' | 'sha256' | 'owner'>): Promise<boolean> {
  const status = await engineStatus(engine, run);
  if (status === null) return false;
  const drafts = await engineRecords(engine, run);
  const content: Content[] = [];
  const keep = async (hash: string): Promise<Uint8Array | null> => {
    const bytes = await engine.content.read(hash);
    if (bytes !== null) content.push({ hash, bytes });
    return bytes;
  };
  const document = await keep(status.program);
  for (const group of document === null ? [] : (programGroups(document) ?? [])) await keep(group);
  for (const { data } of drafts) for (const hash of contentOf(recordData(data))) await keep(hash);
  const times = { createdMs: drafts[0]?.timeMs ?? status.nowMs, leaseUntilMs: 0 };
  const change = { status: status.status, waits: encodeValue(Vector.adopt([...status.waits])), updatedMs: status.nowMs };
  await store.create({ id: run, name: status.name, ...times }, { records: chained(run, EMPTY_HEAD, drafts, content, sha256), content, signature: null, change, taken: [] }, owner);
  return true;
}

/** Events of one run in the order of their positions, which is the same in whichever order answers came. */
export function inLogicalOrder(lines: readonly string[]): readonly string[] {
  return lines
    .map((line) => ({ line, position: (JSON.parse(line) as { readonly at: string }).at }))
    .sort((a, b) => comparePositions(a.position, b.position))
    .map(({ line }) => line);
}
