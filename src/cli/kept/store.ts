/** Finding and opening the store that a command is about. */
import { existsSync, mkdirSync } from 'node:fs';
import path from 'node:path';
import { type Diagnostic, diagnostic, type Result } from '../../diagnostic/diagnostic.ts';
import type { Keeping } from '../../host/durable/driver.ts';
import type { RunRow } from '../../host/store/port.ts';
import { cliEnvironment } from '../environment.ts';
import type { StoreChoice } from '../invocation.ts';
import { reasonOf } from '../source.ts';

const DIRECTORY = '.rtfs';
const FILE = 'runs.db';

export interface OpenedStore {
  readonly keeping: Keeping;
  /** What to add to a command so that it means the same store: ` --store FILE`, or nothing for the project's. */
  readonly option: string;
}

/** `mayMake`: a store that is not there is made; else that is a problem. */
export async function openStore({ store }: StoreChoice, mayMake: boolean): Promise<Result<OpenedStore, Diagnostic>> {
  const file = store ?? projectStore();
  if (!mayMake && !existsSync(file)) {
    const help = store === null ? ['a run is kept with `rtfs run --keep FILE`, or in a store of your choice with `--store STORE`'] : [];
    return { ok: false, error: diagnostic('E0501', `there is no store ${shownPath(file)}`, null, { help }) };
  }
  if (mayMake) {
    try {
      mkdirSync(path.dirname(file), { recursive: true });
    } catch (cause) {
      return { ok: false, error: diagnostic('E0501', `cannot make the directory of the store ${shownPath(file)}: ${reasonOf(cause)}`, null) };
    }
  }
  const { openKeeping } = await import('../../host/open-store.ts');
  const keeping = await openKeeping(file, { environment: cliEnvironment() });
  if (!keeping.ok) return { ok: false, error: diagnostic('E0501', `cannot use the store ${shownPath(file)}: ${keeping.error}`, null) };
  return { ok: true, value: { keeping: keeping.value, option: store === null ? '' : ` --store ${shellWord(store)}` } };
}

/** In the nearest directory above that has a `.rtfs`, else here. */
function projectStore(): string {
  for (let directory = process.cwd(); ; directory = path.dirname(directory)) {
    if (existsSync(path.join(directory, DIRECTORY))) return path.join(directory, DIRECTORY, FILE);
    if (path.dirname(directory) === directory) return path.join(process.cwd(), DIRECTORY, FILE);
  }
}

/** The run that the user means: its id, or the beginning of one. */
export async function findRun({ keeping: { store }, option }: OpenedStore, given: string): Promise<Result<RunRow, Diagnostic>> {
  const exact = await store.run(given);
  if (exact !== null) return { ok: true, value: exact };
  const rows = (await store.runs()).filter((row) => given !== '' && row.id.startsWith(given));
  const [first] = rows;
  if (first !== undefined && rows.length === 1) return { ok: true, value: first };
  if (first !== undefined) return { ok: false, error: diagnostic('E0511', `several runs begin with ${given}`, null, { help: rows.slice(0, 5).map((row) => row.id) }) };
  return { ok: false, error: diagnostic('E0511', `there is no run ${given}`, null, { help: [`\`rtfs runs${option}\` lists them`] }) };
}

function shownPath(file: string): string {
  const relative = path.relative(process.cwd(), file);
  return relative === '' || relative.startsWith('..') ? file : relative;
}

export function shellWord(text: string): string {
  return /^[\w./:=@%+,-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}
