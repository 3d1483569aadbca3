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

/** The MCP client is large too, and only plans that call tools of servers have it loaded. */
export const lazyMcp = {
  name: 'lazy-mcp',
  setup(build) {
    build.onResolve({ filter: /^@modelcontextprotocol\/client(\/stdio)?$/ }, () => ({ path: './mcp.cjs', external: true }));
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

/** chevrotain begins by filling a table of 65,536 numbers, which a small plan looks at a few times: here they are computed when they are wanted. */
export const computedGroups = {
  name: 'computed-groups',
  setup(build) {
    build.onLoad({ filter: /[\\/]chevrotain[\\/]lib[\\/]src[\\/]scan[\\/]lexer\.js$/ }, async ({ path }) => {
      const text = await readFile(path, 'utf8');
      const changed = text
        .replace('        initCharCodeToOptimizedIndexMap();\n', '')
        .replace(/: charCodeToOptimizedIdxMap\[charCode\];/, ': charCode > 255 ? 255 + ~~(charCode / 255) : charCode;');
      if (changed.split('\n').length !== text.split('\n').length - 1 || changed.includes('charCodeToOptimizedIdxMap[charCode];')) throw new Error('chevrotain has another lexer');
      return { contents: changed, loader: 'js' };
    });
  },
};

/** Tables of numbers with names. */
const NUMBER_TABLES = [
  ['src/evaluator/opcodes.ts', 'Op'],
  ['src/ir/encode.ts', 'NODE_TAGS'],
  ['src/ir/encode.ts', 'CONST_TAGS'],
];

/** The numbers of instructions and of tags in place of their names, as a `const enum` would put them: names weigh something in a page. */
export const plainNumbers = {
  name: 'plain-numbers',
  async setup(build) {
    const numbers = new Map();
    for (const [file, table] of NUMBER_TABLES) {
      const [, rows] = new RegExp(`\\bconst ${table}\\b[^{]*\\{([^}]*)\\}`).exec((await readFile(file, 'utf8')).replace(/\/\/.*/g, ''));
      for (const [, key, number] of rows.matchAll(/'?([\w-]+)'?: (\d+)/g)) numbers.set(`${table} ${key}`, number);
    }
    const use = new RegExp(`\\b(${NUMBER_TABLES.map(([, table]) => table).join('|')})(?:\\.(\\w+)|\\['([\\w-]+)'\\])`, 'g');
    build.onLoad({ filter: /[\\/]src[\\/](evaluator|ir)[\\/][\w-]+\.ts$/ }, async ({ path }) => {
      const text = await readFile(path, 'utf8');
      return { contents: text.replace(use, (whole, table, name, quoted) => numbers.get(`${table} ${name ?? quoted}`) ?? whole), loader: 'ts' };
    });
  },
};
