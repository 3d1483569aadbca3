// What bundles leave out: the command line's for a quick start, the package's to be small in a page.
import { readFile } from 'node:fs/promises';

/** re2js is large and few plans have patterns: it stays a file of its own, loaded when the first pattern is compiled. */
export const lazyRegex = {
  name: 'lazy-regex',
  setup(build) {
    build.onResolve({ filter: /^re2js$/ }, () => ({ path: 're2js', namespace: 'lazy-regex' }));
    build.onLoad({ filter: /.*/, namespace: 'lazy-regex' }, () => ({
      contents: `
        let loaded;
        const re2js = () => (loaded ??= require('./re2js.cjs'));
        export const RE2JS = { compile: (pattern) => re2js().RE2JS.compile(pattern) };
        export class RE2JSSyntaxException {
          static [Symbol.hasInstance](problem) {
            return problem instanceof re2js().RE2JSSyntaxException;
          }
        }`,
      resolveDir: '.',
    }));
    build.onResolve({ filter: /^\.\/re2js\.cjs$/ }, () => ({ path: './re2js.cjs', external: true }));
  },
};

/** commander can start other programs as its subcommands. Ours has none, and loading what that takes costs milliseconds. */
export const bareCommander = {
  name: 'bare-commander',
  setup(build) {
    build.onResolve({ filter: /^node:child_process$/ }, ({ importer }) =>
      importer.includes('/commander/') ? { path: 'child_process', namespace: 'bare-commander' } : undefined,
    );
    build.onLoad({ filter: /.*/, namespace: 'bare-commander' }, () => ({ contents: 'module.exports = {};' }));
  },
};

/** The numbers of instructions in place of `Op.NAME`, as a `const enum` would put them: the names weigh something in a page. */
export const plainOpcodes = {
  name: 'plain-opcodes',
  async setup(build) {
    const table = await readFile('src/evaluator/opcodes.ts', 'utf8');
    const numbers = new Map(Array.from(table.matchAll(/^  ([A-Z][A-Z0-9_]*): (\d+),/gm), ([, name, number]) => [name, number]));
    build.onLoad({ filter: /[\\/]src[\\/]evaluator[\\/][\w-]+\.ts$/ }, async ({ path }) => {
      const text = await readFile(path, 'utf8');
      return { contents: text.replace(/\bOp\.([A-Z][A-Z0-9_]*)/g, (whole, name) => numbers.get(name) ?? whole), loader: 'ts' };
    });
  },
};
