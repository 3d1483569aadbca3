/** Finding the Restate server that a command is about, and what is said of runs there. */
import { type Diagnostic, diagnostic, type Result } from '../../diagnostic/diagnostic.ts';
import { amountsText, readAmounts } from '../../host/amounts.ts';
import { Facts } from '../../host/durable/facts.ts';
import { engineStatus } from '../../host/engine/client.ts';
import type { EngineStatus } from '../../host/engine/documents.ts';
import type { Engine } from '../../host/engine/port.ts';
import { restateAddress, type RestateAddress, restateEngine } from '../../host/engine/restate/engine.ts';
import { RestateProblem } from '../../host/engine/restate/http.ts';
import { encodeValue } from '../../value/bytes.ts';
import { MapValue } from '../../value/map.ts';
import { Vector } from '../../value/vector.ts';
import { type Ending, tellEnding } from '../ending.ts';
import { EXIT, type ExitCode } from '../exit.ts';
import type { JsonForm, RestateChoice } from '../invocation.ts';
import { refuse } from '../kept/refuse.ts';
import { waitsOf } from '../kept/show.ts';
import type { Terminal } from '../terminal.ts';

export interface OpenedEngine {
  readonly engine: Engine;
  readonly address: RestateAddress;
  /** What to add to a command so that it means the same server. */
  readonly option: string;
}

export interface EnginePlace {
  readonly terminal: Terminal;
  readonly json: JsonForm;
}

/** Does it with the server; whatever is wrong with that is told. */
export async function withEngine({ admin, ingress, isUsual }: RestateChoice, place: EnginePlace, work: (opened: OpenedEngine) => Promise<ExitCode>): Promise<ExitCode> {
  const address = await restateAddress(admin, ingress);
  if (!address.ok) return refuseEngine([engineProblem(address.error)], place);
  try {
    return await work({ engine: restateEngine(address.value), address: address.value, option: ` --restate${isUsual ? '' : ` ${admin}`}${ingress === null ? '' : ` --ingress ${ingress}`}` });
  } catch (cause) {
    if (cause instanceof RestateProblem) return refuseEngine([engineProblem(cause.message)], place);
    throw cause;
  }
}

export function engineProblem(message: string, help: readonly string[] = ['`rtfs runs --restate URL` lists the runs of a server; URL is its admin address']): Diagnostic {
  return diagnostic('E0511', message, null, { help });
}

export function refuseEngine(problems: readonly Diagnostic[], { terminal, json }: EnginePlace): Promise<ExitCode> {
  return refuse(problems, { json }, terminal);
}

/** The run that the user means: its id, or the beginning of one. */
export async function findEngineRun({ engine }: OpenedEngine, given: string): Promise<Result<{ readonly id: string; readonly status: EngineStatus }, Diagnostic>> {
  const exact = await engineStatus(engine, given);
  if (exact !== null) return { ok: true, value: { id: given, status: exact } };
  const ids = (await engine.runs()).filter((id) => given !== '' && id.startsWith(given)).sort();
  const [id] = ids;
  if (id === undefined) return { ok: false, error: engineProblem(`there is no run ${given}`) };
  if (ids.length > 1) return { ok: false, error: engineProblem(`several runs begin with ${given}`, ids.slice(0, 5)) };
  const status = await engineStatus(engine, id);
  return status === null ? { ok: false, error: engineProblem(`there is no run ${given}`) } : { ok: true, value: { id, status } };
}

const LOOK_MS = 100;

/** The status of the run once it is another one than `before`, and it rests: it is over, or waits. */
export async function followRun({ engine }: OpenedEngine, id: string, before: EngineStatus | null, signal: AbortSignal): Promise<EngineStatus> {
  for (;;) {
    const status = await engineStatus(engine, id);
    if (status !== null && (signal.aborted || (status.status !== 'running' && (before === null || isOther(status, before))))) return status;
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
}

function isOther(a: EngineStatus, b: EngineStatus): boolean {
  return a.status !== b.status || a.answered !== b.answered || a.ignored !== b.ignored || waitsText(a) !== waitsText(b);
}

function waitsText(status: EngineStatus): string {
  return JSON.stringify(waitsIn(status));
}

export function waitsIn({ waits }: EngineStatus): ReturnType<typeof waitsOf> {
  return waitsOf(encodedWaits({ waits }));
}

export function encodedWaits({ waits }: Pick<EngineStatus, 'waits'>): { readonly waits: Uint8Array } {
  return { waits: encodeValue(Vector.adopt([...waits])) };
}

/** How it stands with the run, as at the end of `rtfs run`. */
export async function tellStatus(id: string, status: EngineStatus, { option }: OpenedEngine, { terminal, json }: EnginePlace): Promise<ExitCode> {
  if (status.ignored !== null) terminal.error(`not done: ${status.ignored}\n`);
  const budget = budgetOf(status);
  if (status.status === 'running') {
    if (json === 'none') terminal.error(`running: run ${id}, ${status.answered} calls answered\n`);
    else terminal.out(`${JSON.stringify({ status: 'running', run: id, answered: status.answered })}\n`);
  }
  if (budget !== '' && json === 'none') terminal.error(`used: ${budget}\n`);
  if (status.status === 'running') return EXIT.paused;
  return tellEnding(endingOf(id, status, option), { terminal, json, lookup: () => null, run: id });
}

/** What the run has used, and of how much; empty when nothing is counted. */
function budgetOf({ budget }: EngineStatus): string {
  const facts = new Facts(budget instanceof MapValue ? budget : MapValue.empty());
  const [used, granted, soft] = ['used', 'granted', 'soft'].map((name) => readAmounts(facts.value(name)));
  return used == null || granted == null ? '' : amountsText(used, granted, soft ?? {});
}

function endingOf(id: string, status: EngineStatus, storeOption: string): Ending {
  if (status.status === 'complete') return { kind: 'complete', value: status.value };
  if (status.error !== null) return { kind: 'failed', error: status.error };
  return { kind: 'paused', run: id, waits: waitsIn(status), storeOption };
}
