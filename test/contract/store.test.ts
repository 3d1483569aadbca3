/** The stores there are, each against the contract. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe } from 'vitest';
import { createMemoryStore } from '../../src/host/store/memory.ts';
import { openSqliteStore } from '../../src/host/store/sqlite.ts';
import { storeContract } from './store.ts';

describe('the store in memory', () => {
  storeContract(async (isGone) => {
    const store = createMemoryStore({ isGone });
    return { store, again: null, dispose: () => store.close() };
  });
});

describe('the store in a file of SQLite', () => {
  storeContract(async (isGone) => {
    const directory = mkdtempSync(path.join(tmpdir(), 'rtfs-store-'));
    const file = path.join(directory, 'store.db');
    const store = await openSqliteStore(file, { isGone });
    const dispose = async (): Promise<void> => {
      await store.close();
      rmSync(directory, { recursive: true });
    };
    return { store, again: () => openSqliteStore(file, { isGone }), dispose };
  });
});
