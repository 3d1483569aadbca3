import { cp, readFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, test } from 'vitest';
import { example, node, ROOT, rtfs, withDirectory } from './support.ts';

const PLANS = ['sales-report', 'log-analysis', 'api-client', 'approval', 'letters', 'travel-booking', 'research'];
/** Those that talk to a service need its port, which is only known once it runs: see their own tests. */
const WITH_SERVICE = ['api-client', 'travel-booking', 'research'];

/** The commands that the head of a plan tells to run, as arguments. */
function commandsIn(text: string): string[][] {
  const head = text.slice(0, text.search(/^[^;]/m)).replaceAll(/\\\n;; */g, ' ');
  return [...head.matchAll(/^;; {3}rtfs (.+)$/gm)].map((match) => match[1]!.trim().split(/\s+/));
}

test('the plans and their parts are laid out in the standard way', async () => {
  const ended = await rtfs(['fmt', '--check', 'examples']);
  expect(ended).toEqual({ status: 0, stdout: '', stderr: '' });
});

test('nothing is found wrong with them, not even warnings', async () => {
  const ended = await rtfs(['check', '--deny-warnings', 'examples']);
  expect(ended.status).toBe(0);
});

test.each(PLANS)('%s says at its head how to run it', async (name) => {
  const commands = commandsIn(await readFile(example(`${name}.rtfs`), 'utf8'));
  expect(commands.filter((command) => command[1] === `examples/${name}.rtfs`)).not.toEqual([]);
});

test.each(PLANS.filter((name) => !WITH_SERVICE.includes(name)))('%s runs as its head says', (name) =>
  withDirectory(async (directory) => {
    await cp(example(''), path.join(directory, 'examples'), { recursive: true, filter: (source) => source !== example('out') });
    for (const command of commandsIn(await readFile(example(`${name}.rtfs`), 'utf8'))) {
      const ended = await rtfs(command, { cwd: directory, typed: 'a\na\nr\nToo much\nr\nNot twice\n' });
      // The log that comes with the analysis holds more failures than the second command allows.
      const status = name === 'log-analysis' && command[3] === '5' ? 1 : 0;
      expect([command, ended.status]).toEqual([command, status]);
    }
  }),
);

test('the demo makes its data and shows the report', async () => {
  const ended = await node([path.join(ROOT, 'scripts/demo.mjs'), '--no-build']);
  expect(ended.stderr).toBe('');
  expect(ended.status).toBe(0);
  expect(ended.stdout).toContain('$ rtfs run examples/sales-report.rtfs');
  expect(ended.stdout).toMatch(/^2025-12 +[\d,]+\.\d\d {2}█{32}$/m);
  expect(ended.stdout).toMatch(/50,000 lines in \d+\.\d s/);
});
