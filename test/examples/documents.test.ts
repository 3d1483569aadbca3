/**
 * The TypeScript on the pages is a program for each page: its types are checked, and it is run from the built package.
 * `// → text` is what it prints, line by line. Console sessions (```console) are run as they stand. Examples in RTFS
 * (```clojure) state their results as conformance files do; each block is a program for itself, run in every way.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { transformSync } from 'esbuild';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { EXIT } from '../../src/cli/exit.ts';
import { LIMIT_MEANINGS } from '../../src/cli/limit.ts';
import { KIND_CODES } from '../../src/diagnostic/codes.ts';
import { DEFAULT_LIMITS, limitLabel, type LimitName } from '../../src/evaluator/limits.ts';
import { checkExpectation, MODES, readConformance } from '../../src/host/conformance.ts';
import { openHost } from '../../src/host/open.ts';
import { PRIMITIVE_NAMES } from '../../src/ir/type.ts';
import { ALWAYS_SPECIAL, SPECIAL_FORMS } from '../../src/parser/special/table.ts';
import { testEnvironment } from '../support/environment.ts';
import { node, ROOT } from './support.ts';

const PAGES = ['README.md', 'docs/embedding.md', 'docs/capabilities.md', 'docs/security.md', 'docs/durable.md', 'docs/protocol.md', 'docs/tiers.md', 'docs/engines.md', 'src/README.md'];

/** What stands among the forms and is no name. */
const MARKS = ['#(…)', '& rest', "'x"];

/** Inside of the package, so that its name means what it means to those who install it. */
let workshop = '';

beforeAll(() => {
  mkdirSync(path.join(ROOT, 'dist'), { recursive: true });
  workshop = mkdtempSync(path.join(ROOT, 'dist/.pages-'));
});

afterAll(() => rmSync(workshop, { recursive: true, force: true }));

/** Two pages are called README.md. */
function nameOf(page: string): string {
  return page.replaceAll('/', '-');
}

function blocksOf(page: string, language: string): string[] {
  const text = readFileSync(path.join(ROOT, page), 'utf8');
  return [...text.matchAll(new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\`$`, 'gm'))].map((match) => match[1]!);
}

/** All TypeScript of the page, and the lines that it says are printed. */
function programOf(page: string): { readonly code: string; readonly printed: string[] } {
  const code = blocksOf(page, 'ts').join('\n');
  return { code, printed: [...code.matchAll(/^\/\/ → (.*)$/gm)].map((match) => match[1]!) };
}

describe.each(PAGES)('the TypeScript of %s', (page) => {
  test('prints what it says', async () => {
    const { code, printed } = programOf(page);
    expect(printed).not.toEqual([]);
    const file = path.join(workshop, `${nameOf(page)}.mjs`);
    writeFileSync(file, transformSync(code, { loader: 'ts', format: 'esm' }).code);
    const ended = await node([file]);
    expect(ended.stderr).toBe('');
    expect(ended.stdout.trimEnd().split('\n')).toEqual(printed);
  });
});

test('the TypeScript of all pages has the right types', () => {
  for (const page of PAGES) writeFileSync(path.join(workshop, `${nameOf(page)}.ts`), programOf(page).code);
  const config = {
    extends: path.join(ROOT, 'tsconfig.base.json'),
    compilerOptions: {
      types: ['node'], isolatedDeclarations: false, declaration: false, noEmit: true,
      paths: { rtfs: [path.join(ROOT, 'src/index.ts')], 'rtfs/*': [path.join(ROOT, 'src/*.ts')] },
    },
    include: ['*.ts'],
  };
  writeFileSync(path.join(workshop, 'tsconfig.json'), JSON.stringify(config));
  // What is wrong elsewhere is found elsewhere.
  expect(typeErrors().filter((line) => path.basename(line).includes('.md.ts'))).toEqual([]);
});

function typeErrors(): string[] {
  try {
    execFileSync(process.execPath, [path.join(ROOT, 'node_modules/typescript/bin/tsc'), '-p', '.'], { cwd: workshop, encoding: 'utf8' });
    return [];
  } catch (cause) {
    return (cause as { readonly stdout: string }).stdout.split('\n');
  }
}

const environment = testEnvironment();

describe.each(['README.md', 'docs/language.md', 'docs/steps.md'])('the RTFS of %s', (page) => {
  const blocks = blocksOf(page, 'clojure').map((block) => readConformance(block, page));

  test('states results', () => {
    expect(blocks.flat().length).toBeGreaterThan(10);
    // Only what shows the shapes of forms states none.
    expect(blocks.filter((expectations) => expectations.length === 0).length).toBe(page === 'docs/steps.md' ? 1 : 0);
  });

  test.each(blocks.flat().map((expectation) => [expectation.form, expectation] as const))('%s', (_, expectation) => {
    const problems = MODES.map((mode) => checkExpectation(environment, expectation, mode));
    expect(problems.filter((problem) => problem !== null)).toEqual([]);
  });
});

interface Session {
  readonly command: string;
  readonly output: string;
}

/** The commands of a console session, each with what it prints. */
function sessionsOf(page: string): Session[] {
  return blocksOf(page, 'console').flatMap((block) =>
    block.split(/^\$ /m).slice(1).map((part) => {
      const [command = '', ...output] = part.trimEnd().split('\n');
      return { command, output: output.join('\n') };
    }),
  );
}

describe.each(PAGES.flatMap((page) => sessionsOf(page).map((session) => [page, session.command, session.output] as const)))('%s: %s', (_, command, output) => {
  test('prints what it says', () => {
    const directory = path.join(workshop, 'bin');
    mkdirSync(directory, { recursive: true });
    writeFileSync(path.join(directory, 'rtfs'), `#!/bin/sh\nexec "${process.execPath}" "${path.join(ROOT, 'dist/bin/rtfs.js')}" "$@"\n`, { mode: 0o755 });
    const env = { ...process.env, PATH: `${directory}${path.delimiter}${process.env['PATH']}`, NO_COLOR: '1', RTFS_HOME: path.join(workshop, 'keys') };
    expect(execFileSync('sh', ['-c', `{ ${command}\n} 2>&1 || true`], { cwd: ROOT, env, encoding: 'utf8' }).trimEnd()).toBe(output);
  });
});

/** The rows of the table under a heading, as cells without back quotes. */
function rowsUnder(heading: string): string[][] {
  const section = readFileSync(path.join(ROOT, 'README.md'), 'utf8').split(`\n## ${heading}\n`)[1]!.split('\n## ')[0]!;
  const rows = section.split('\n').filter((line) => line.startsWith('| '));
  return rows.slice(2).map((row) => row.slice(2, -2).split(' | ').map((cell) => cell.replaceAll('`', '')));
}

test('the limits on the page are those of the machine', () => {
  const limits = Object.keys(DEFAULT_LIMITS).map((name) => [limitLabel(name as LimitName), DEFAULT_LIMITS[name as LimitName].toLocaleString('en-US'), LIMIT_MEANINGS[name as LimitName]]);
  expect(rowsUnder('Limits')).toEqual(limits);
});

test('the exit codes on the page are those that there are', () => {
  expect(rowsUnder('Exit codes').map(([code]) => Number(code))).toEqual(Object.values(EXIT).filter((code) => code !== EXIT.paused));
});

test('what the pages link to exists', () => {
  for (const page of [...PAGES, 'docs/language.md', 'docs/steps.md', 'docs/restate.md']) {
    const links = [...readFileSync(path.join(ROOT, page), 'utf8').matchAll(/\]\(([^)#:]+)\)/g)].map((match) => match[1]!);
    const missing = links.filter((link) => !existsSync(path.join(ROOT, path.dirname(page), link)));
    expect(missing).toEqual([]);
  }
});

describe('the language on one page', () => {
  const page = readFileSync(path.join(ROOT, 'docs/language.md'), 'utf8');
  const quoted = (text: string): string[] => [...text.matchAll(/`([^`]+)`/g)].map((match) => match[1]!);
  const section = (heading: string): string => page.split(`\n## ${heading}\n`)[1]!.split('\n## ')[0]!;
  const tableOf = (heading: string): string => section(heading).split('\n').filter((line) => line.startsWith('| ')).slice(2).join('\n');

  test('lists forms that there are', () => {
    const known = new Set([...ALWAYS_SPECIAL.keys(), ...SPECIAL_FORMS.keys(), ...MARKS]);
    expect(quoted(tableOf('Forms')).flatMap((text) => text.split('/recur')).filter((name) => name !== '' && !known.has(name))).toEqual([]);
  });

  test('names every capability of the house', () => {
    const family = /^(env|fs|http|io|random|secret|time|user|uuid)\./;
    const ids = openHost({ grants: [] }).capabilities.names().filter((name) => family.test(name));
    expect(ids.length).toBeGreaterThan(15);
    const table = tableOf('Effects');
    expect(ids.filter((id) => !table.includes(`\`:${id}\``) && !table.includes(`\`:${id} `))).toEqual([]);
  });

  test('names every type', () => {
    const table = tableOf('Types');
    expect(PRIMITIVE_NAMES.filter((name) => name !== 'never' && !table.includes(`\`${name}\``))).toEqual([]);
  });

  test('names every kind of error', () => {
    const table = tableOf('Errors');
    const unnamed = Object.keys(KIND_CODES).filter((kind) => !table.includes(`/${kind}\``));
    // Names are found before a run; the rest is not for plans to expect.
    expect(unnamed).toEqual(['undefined-symbol', 'key', 'syntax', 'internal', 'not-implemented']);
  });
});
