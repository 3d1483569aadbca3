/** The one file that names stores: what runs are kept with, put together from a file and this process. */
import type { Result } from '../diagnostic/diagnostic.ts';
import { systemClock } from './clock.ts';
import type { Environment } from './compile.ts';
import type { Keeping } from './durable/driver.ts';
import { chunkedStates } from './durable/state-keeper.ts';
import { nodeSha256 } from './journal/digest.ts';
import { keyDirectory, KeyProblem, openKeys } from './journal/keys.ts';
import type { Keys } from './journal/signature.ts';
import type { Clock } from './port.ts';
import { newOwner } from './store/owner.ts';
import { type Store, StoreProblem } from './store/port.ts';
import { openSqliteStore } from './store/sqlite.ts';

export interface KeepingOptions {
  readonly environment: Environment;
  readonly clock?: Clock;
  /** Where the keys of this user lie; by the environment unless given. */
  readonly keyDirectory?: string;
}

/** Runs kept in that file, which is made when it is not there; the problem, for people, when it cannot be used. */
export async function openKeeping(path: string, options: KeepingOptions): Promise<Result<Keeping, string>> {
  try {
    return { ok: true, value: keepingIn(await openSqliteStore(path), options, openKeys(options.keyDirectory ?? keyDirectory(process.env))) };
  } catch (cause) {
    if (cause instanceof StoreProblem || cause instanceof KeyProblem) return { ok: false, error: cause.message };
    throw cause;
  }
}

function keepingIn(store: Store, { environment, clock = systemClock }: KeepingOptions, keys: Keys): Keeping {
  return { store, environment, clock, sha256: nodeSha256, owner: newOwner(), newKeeper: chunkedStates, keys, programs: new Map() };
}
