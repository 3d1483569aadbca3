/** Runs that are kept as long as the process lives: for tests, and where there is no file. Needs nothing of node. */
import { sha256Hex } from '../value/hash.ts';
import { systemClock } from './clock.ts';
import type { Environment } from './compile.ts';
import type { Keeping } from './durable/driver.ts';
import { chunkedStates } from './durable/state-keeper.ts';
import type { Clock } from './port.ts';
import { createMemoryStore } from './store/memory.ts';
import type { Store } from './store/port.ts';

export interface MemoryKeepingOptions {
  readonly environment: Environment;
  readonly clock?: Clock;
  /** A store that others use too, as if they were other processes. A new one unless given. */
  readonly store?: Store;
}

export function openMemoryKeeping({ environment, clock = systemClock, store = createMemoryStore() }: MemoryKeepingOptions): Keeping {
  const owner = { host: 'memory', processId: 0, token: globalThis.crypto.randomUUID() };
  return { store, environment, clock, sha256: sha256Hex, owner, newKeeper: chunkedStates, keys: null, programs: new Map() };
}
