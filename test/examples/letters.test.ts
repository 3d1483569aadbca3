import { readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { example, rtfs, withDirectory } from './support.ts';

const PLAN = example('letters.rtfs');

/** The letters that a template and data make, by name of the file, and how the plan ended. */
async function write(template: string, data: unknown) {
  return withDirectory(async (directory) => {
    await writeFile(path.join(directory, 'letter.txt'), template);
    await writeFile(path.join(directory, 'data.json'), JSON.stringify(data));
    const ended = await rtfs(['run', PLAN, 'letter.txt', 'out', '--input', 'data.json', '--allow', 'fs.read=.', '--allow', 'fs.write=out'], { cwd: directory });
    const names = await readdir(path.join(directory, 'out')).catch(() => []);
    const letters = Object.fromEntries(await Promise.all(names.map(async (name) => [name, await readFile(path.join(directory, 'out', name), 'utf8')] as const)));
    return { ...ended, letters };
  });
}

describe('the letters', () => {
  test('that come with it are written for those whose data is complete', () =>
    withDirectory(async (directory) => {
      const ended = await rtfs(['run', PLAN, 'examples/data/letter.txt', directory, '--input', 'examples/data/customers.json', '--allow', 'fs.read=examples/data', '--allow', `fs.write=${directory}`]);
      expect(ended.status).toBe(0);
      expect(ended.stdout).toContain('! Dr Sato: there is no order.address.city\n');
      expect(ended.stdout).toContain('{:failed 1 :written 2}');
      expect(await readFile(path.join(directory, 'ms-ödegård.txt'), 'utf8')).toBe(
        `The Lamp Works
                                                        1 April 2025

Dear Ms Ödegård,

thank you for your order L-2041. On its way to Bergen are:

    2 x Desk lamp, brass            178.00
    1 x Floor lamp                  134.50

Together that makes 312.50.

Yours,
The Lamp Works
`,
      );
    }));

  test('repeat a section for each item, with what is around it still in sight', async () => {
    const template = 'Dear {{name}}:\n{{#lines}}\n- {{text}} ({{name}}{{#tags}}, {{tag}}{{/tags}})\n{{/lines}}\nEnd {{total|money}}.';
    const lines = [{ text: 'one', tags: [{ tag: 'x' }, { tag: 'y' }] }, { text: 'two', name: 'item', tags: [] }];
    const { letters } = await write(template, { total: 123456, customers: [{ name: 'Ann', lines }] });
    expect(letters).toEqual({ 'ann.txt': 'Dear Ann:\n- one (Ann, x, y)\n- two (item)\nEnd 1,234.56.' });
  });

  test('never take text of the data for a part of the template', async () => {
    const { letters } = await write('{{name}} {{note}}', { customers: [{ name: '{{note}}', note: '$1 {{name}} \\' }] });
    expect(letters).toEqual({ 'note.txt': '{{note}} $1 {{name}} \\' });
  });

  test('are not written when a section of the template is left open, or was never opened', async () => {
    const open = await write('{{#a}} x', { customers: [{ name: 'Ann' }] });
    expect([open.status, open.letters]).toEqual([1, {}]);
    expect(open.stderr).toContain('{{#a}} is never closed');
    const closed = await write('{{#a}}{{/b}}{{/a}}', { customers: [{ name: 'Ann' }] });
    expect(closed.stderr).toContain('{{/b}} closes what is not open');
  });

  test('are not written in a form that there is not', async () => {
    const { stdout } = await write('{{name|loud}}', { customers: [{ name: 'Ann' }] });
    expect(stdout).toContain('! Ann: there is no form loud\n');
  });

  test('need two grants, and are told which', () =>
    withDirectory(async (directory) => {
      await writeFile(path.join(directory, 'letter.txt'), 'Dear {{name}}');
      await writeFile(path.join(directory, 'data.json'), '{"customers": [{"name": "Ann"}]}');
      const first = await rtfs(['run', PLAN, 'letter.txt', 'out', '--input', 'data.json'], { cwd: directory });
      expect(first.status).toBe(5);
      expect(first.stderr).toContain('--allow fs.read=.');
      const second = await rtfs(['run', PLAN, 'letter.txt', 'out', '--input', 'data.json', '--allow', 'fs.read=.'], { cwd: directory });
      expect(second.status).toBe(5);
      expect(second.stderr).toContain('--allow fs.write=out');
    }));
});
