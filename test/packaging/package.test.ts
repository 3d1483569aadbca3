/** The package, packed and installed in a fresh folder: on node, in a bundle for browsers, in a worker with a strict policy, on Deno, Bun and QuickJS. */
import { execFile } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { build, type Metafile } from 'esbuild';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { nodePath, OTHER_NODES } from '../engines/node.ts';
import { openQuickJs } from '../engines/quickjs.ts';
import { ROOT } from '../house/source.ts';
import { type Installed, installPackage } from './fixture.ts';

/** Made by hand: prices of 1, 3 and 5 at ten each; two of the three b; the rest says itself. */
const CORE = '[10 30 50] bb [1] true';
const ALL = `${CORE} | 134 waiting order of a lamp`;

let installed: Installed;
const run = promisify(execFile);

beforeAll(async () => {
  installed = await installPackage();
}, 300_000);
afterAll(() => installed?.remove());

async function output(command: string, args: readonly string[]): Promise<string> {
  const { stdout } = await run(command, args, { cwd: installed.folder, env: { ...process.env, DENO_NO_UPDATE_CHECK: '1' } });
  return stdout.trimEnd();
}

/** One script with all that a program needs; whatever of node were among it would be an error. */
async function bundled(entry: string, globalName?: string): Promise<{ readonly text: string; readonly metafile: Metafile }> {
  const result = await build({
    entryPoints: [path.join(installed.folder, entry)], bundle: true, write: false, metafile: true, platform: 'browser', target: 'es2022', logLevel: 'error',
    ...(globalName === undefined ? { format: 'esm' } : { format: 'iife', globalName }),
  });
  return { text: result.outputFiles[0]!.text, metafile: result.metafile };
}

describe('the tarball', () => {
  test('holds what is offered, and nothing of tests or sources', () => {
    const { files } = installed;
    const known = /^(dist\/([a-z]+|host\/node|testing\/arbitraries|shared\/[\w-]+)\.js|dist\/bin\/[\w.-]+|dist\/types\/(src|policies)\/.+\.d\.ts|dist\/types\/package\.d\.ts|policies\/[\w-]+\.json|stdlib\/[\w-]+\.rtfs|README\.md|CHANGELOG\.md|LICENSE|package\.json)$/;
    expect(files.filter((file) => !known.test(file))).toEqual([]);
    const { exports } = JSON.parse(readFileSync(path.join(ROOT, 'package.json'), 'utf8')) as { readonly exports: Readonly<Record<string, string | Readonly<Record<string, string>>>> };
    const offered = Object.values(exports).flatMap((one) => (typeof one === 'string' ? [one] : Object.values(one))).map((one) => one.slice(2));
    expect(offered.filter((file) => !files.includes(file))).toEqual([]);
    expect(offered.length).toBeGreaterThan(20);
  });

  test('has a command', async () => {
    expect(await output(process.execPath, [path.join(installed.folder, 'node_modules/.bin/rtfs'), '-e', '(+ 1 2)'])).toBe('3');
  });

  test('has nothing that publint finds fault with', async () => {
    const { publint } = await import('publint');
    const { messages } = await publint({ pkgDir: path.join(installed.folder, 'node_modules/rtfs'), strict: true, pack: false });
    expect(messages).toEqual([]);
  });

  test('has types that are found wherever they are looked for', async () => {
    // It ends with a code, and so this throws, when there is a problem.
    const found = await output(process.execPath, [path.join(ROOT, 'node_modules/@arethetypeswrong/cli/dist/index.js'), installed.tarball, '--profile', 'esm-only', '--no-emoji', '--format', 'ascii']);
    expect(found).toContain('"rtfs/host/node"');
  });

  test.each(['nodenext', 'bundler'])('has types that stand for themselves, as %s resolves them', async (resolution) => {
    const config = { compilerOptions: { target: 'es2022', lib: ['es2023', 'dom'], module: resolution === 'bundler' ? 'esnext' : 'nodenext', moduleResolution: resolution, strict: true, exactOptionalPropertyTypes: true, skipLibCheck: false, noEmit: true, types: [] }, files: ['types.ts'] };
    writeFileSync(path.join(installed.folder, `tsconfig.${resolution}.json`), JSON.stringify(config));
    const checked = await run(process.execPath, [path.join(ROOT, 'node_modules/typescript/bin/tsc'), '-p', `tsconfig.${resolution}.json`], { cwd: installed.folder }).catch((cause: unknown) => cause as { readonly stdout: string });
    expect(checked.stdout).toBe('');
  });
});

describe('on node', () => {
  test('as ES modules', async () => {
    expect(await output(process.execPath, ['all.mjs'])).toBe(ALL);
  });

  test('by require', async () => {
    expect(await output(process.execPath, ['all.cjs'])).toContain('2 function true');
  });

  test.skipIf(!OTHER_NODES).each([22, 24] as const)('of version %i (packages exist for Linux on x64)', async (version) => {
    expect(await output(nodePath(version), ['all.mjs'])).toBe(ALL);
    expect(await output(nodePath(version), ['all.cjs'])).toContain('2 function true');
  });
});

describe.skipIf(!OTHER_NODES)('on other engines (packages exist for Linux on x64)', () => {
  const engine = (name: string): string => {
    const file = path.join(ROOT, 'test/engines/nodes/node_modules', name);
    if (!existsSync(file)) throw new Error(`${name} is not installed: run \`npm ci\` in test/engines/nodes`);
    return file;
  };

  test('Deno', async () => {
    expect(await output(engine('deno/deno'), ['run', '--no-remote', '--node-modules-dir=manual', 'all.mjs'])).toBe(ALL);
  });

  test('Bun', async () => {
    expect(await output(engine('bun/bin/bun'), ['run', 'all.mjs'])).toBe(ALL);
  });
});

describe('in a bundle for browsers', () => {
  test('without anything of node, also where code cannot be made from text', async () => {
    const { text, metafile } = await bundled('all.mjs');
    expect(Object.values(metafile.outputs).flatMap(({ imports }) => imports)).toEqual([]);
    expect(Object.keys(metafile.inputs).filter((input) => /node:|host\/node/.test(input))).toEqual([]);
    // What node has and browsers have not is taken away; a worker, as a page would have one.
    const bare = "globalThis.self = globalThis;\nfor (const name of ['process', 'Buffer', 'setImmediate', 'global', 'require', 'module']) delete globalThis[name];\n";
    writeFileSync(path.join(installed.folder, 'bundle.mjs'), bare + text);
    writeFileSync(path.join(installed.folder, 'worker.mjs'), "import { Worker } from 'node:worker_threads';\nnew Worker(new URL('./bundle.mjs', import.meta.url));\n");
    expect(await output(process.execPath, ['--disallow-code-generation-from-strings', 'worker.mjs'])).toBe(ALL);
  });

  test('of which a page that only goes on with runs loads a part', async () => {
    writeFileSync(path.join(installed.folder, 'kernel.mjs'), "import { restore, resume } from 'rtfs/kernel';\nconsole.log(restore, resume);\n");
    const { metafile, text } = await bundled('kernel.mjs');
    expect(Object.values(metafile.outputs).flatMap(({ imports }) => imports)).toEqual([]);
    expect(text).not.toMatch(/chevrotain|lodash/i);
  });
});

test('on QuickJS', async () => {
  const engine = await openQuickJs();
  try {
    engine.run((await bundled('core.mjs', 'packaged')).text);
    expect(engine.run('packaged.core()')).toBe(CORE);
  } finally {
    engine.close();
  }
});
