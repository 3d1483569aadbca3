import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test, vi } from 'vitest';

const room = join(import.meta.dirname, '../../../src/value');
const files = readdirSync(room).filter((file) => file.endsWith('.ts'));

// Some files of the room import one another (a map normalises its keys, and normalising may build maps). That is only
// sound as long as nothing runs at load time that needs a file further on, whichever of them is loaded first.
describe('each file of the room can be the first one loaded', () => {
  test.each(files)('%s', async (file) => {
    vi.resetModules();
    const loaded = (await import(join(room, file))) as object;
    expect(Object.keys(loaded).length).toBeGreaterThan(0);
  });
});
