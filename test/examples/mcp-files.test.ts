import { cp, readFile, symlink } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { example, ROOT, rtfs, withDirectory } from './support.ts';

const PLAN = 'examples/mcp-files/plan.rtfs';

/** The command at the head of the plan, run in a copy of the project. */
async function runAsTold(use: (directory: string, args: string[]) => Promise<void>): Promise<void> {
  const text = await readFile(example('mcp-files/plan.rtfs'), 'utf8');
  const command = /^;; {3}rtfs (.+?[^\\])\n/ms.exec(text)![1]!.replaceAll(/\\\n;; */g, ' ');
  await withDirectory(async (directory) => {
    await cp(example('mcp-files'), path.join(directory, 'examples/mcp-files'), { recursive: true });
    await symlink(path.join(ROOT, 'node_modules'), path.join(directory, 'node_modules'));
    await use(directory, command.trim().split(/\s+/));
  });
}

describe('a plan that uses an MCP server for files', () => {
  test('writes its index through the server', () =>
    runAsTold(async (directory, args) => {
      expect(args.slice(0, 2)).toEqual(['run', PLAN]);
      const ended = await rtfs(args, { cwd: directory });
      // bread: Bread Flour water salt and time; bicycles: Bicycles Check the tyres before you leave The left brake is the front one; tea: Tea Three minutes
      expect([ended.status, ended.stdout, ended.stderr]).toEqual([0, '{:notes 3 :words 23}\n', '']);
      expect(await readFile(path.join(directory, 'examples/mcp-files/notes/index.txt'), 'utf8')).toBe('Bicycles (bicycles.md): 14 words\nBread (bread.md): 6 words\nTea (tea.md): 3 words\n');
    }));

  test('may call only the tools that are allowed', () =>
    runAsTold(async (directory, args) => {
      const ended = await rtfs(args.filter((_, index) => args[index] !== 'mcp.notes.write_file' && args[index + 1] !== 'mcp.notes.write_file'), { cwd: directory });
      expect(ended.status).toBe(5);
      expect(ended.stderr).toContain('(to allow it: --allow mcp.notes.write_file)');
    }));
});
