import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';
import { describe, expect, test } from 'vitest';

const room = join(import.meta.dirname, '../../../src/value');
const files = readdirSync(room).filter((file) => file.endsWith('.ts'));

// Some files of the room import one another (a map normalises its keys, and normalising may build maps). That is only
// sound as long as nothing runs at load time that needs a file further on, whichever of them is loaded first.
describe('each file of the room can be the first one loaded', () => {
  test.each(files)('%s', async (file) => {
    const { outputFiles } = await build({
      entryPoints: [join(room, file)],
      bundle: true,
      format: 'esm',
      platform: 'neutral',
      mainFields: ['module', 'main'],
      write: false,
      logLevel: 'silent',
    });
    const source = outputFiles[0]!.text;
    const loaded = (await import(`data:text/javascript;base64,${Buffer.from(source).toString('base64')}`)) as object;
    expect(Object.keys(loaded).length).toBeGreaterThan(file === 'cursor.ts' ? 0 : -1);
  });
});
