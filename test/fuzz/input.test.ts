/** JSON from outside and the arguments of the command line, whatever they are: data, or a reason in our words. */
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parseArguments } from '../../src/cli/arguments.ts';
import { EXIT } from '../../src/cli/exit.ts';
import { COMMANDS, quickInvocation } from '../../src/cli/invocation.ts';
import { parseJson } from '../../src/value/json-read.ts';

const ENGINE_WORDS = /TypeError|RangeError|SyntaxError|undefined is not|Cannot read|is not a function|at .*\.[cm]?[jt]s:\d/;

// ── JSON ───────────────────────────────────────────────────────────────────────────────────────────────────────────

const PIECE = fc.constantFrom(
  ...['{', '}', '[', ']', ':', ',', '"', '\\', ' ', '\n', '\t', '\0', '\ufeff', '\u2028', '\ud800', '\udc00', '/*', '//', "'"],
  ...['"a"', '"__proto__"', '"\\u0041"', '"\\ud800"', '"\\u"', '"\\x"', '0', '-0', '01', '1', '-', '+1', '1.', '.5', '1.5', '1e5', '1e', '1e999', '1E+400', '-1e-999'],
  ...['9007199254740993', '123456789012345678901234567890', 'true', 'false', 'null', 'NaN', 'Infinity', 'nul', 'True', 'undefined'],
);

/** It says yes exactly when the engine does (which makes numbers beyond all floats infinite), and never anything else than data or a reason with its place. */
function checkJson(text: string): void {
  const parsed = parseJson(text);
  let valid = true;
  try {
    JSON.parse(text, (_, part: unknown) => {
      if (part === Infinity || part === -Infinity) valid = false;
      return part;
    });
    // Keys that are written twice hide a value from the walk above.
    if (!parsed.ok && valid && /number/.test(parsed.error.message)) return;
  } catch {
    valid = false;
  }
  expect([text, parsed.ok]).toEqual([text, valid]);
  if (parsed.ok) return;
  expect(parsed.error.message).not.toMatch(ENGINE_WORDS);
  expect(parsed.error.offset).toBeGreaterThanOrEqual(0);
  expect(parsed.error.offset).toBeLessThanOrEqual(text.length);
}

describe('JSON', () => {
  test('of any characters', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary', maxLength: 60 }), checkJson), { numRuns: 3000 });
  });

  test('of any pieces of its grammar', () => {
    fc.assert(fc.property(fc.array(PIECE, { maxLength: 20 }).map((pieces) => pieces.join('')), checkJson), { numRuns: 8000 });
  });

  test('that was right before it was cut, doubled or changed', () => {
    const edit = fc.record({ at: fc.nat(400), cut: fc.nat(4), put: fc.option(PIECE, { nil: '' }) });
    fc.assert(
      fc.property(fc.json({ maxDepth: 4 }), fc.array(edit, { minLength: 1, maxLength: 3 }), (json, edits) => {
        let text = json;
        for (const { at, cut, put } of edits) text = text.slice(0, at % (text.length + 1)) + put + text.slice((at % (text.length + 1)) + cut);
        checkJson(text);
      }),
      { numRuns: 3000 },
    );
  });
});

// ── arguments ──────────────────────────────────────────────────────────────────────────────────────────────────────

const WORD = fc.oneof(
  fc.constantFrom<string>(
    ...COMMANDS, 'chekc', 'plan.rtfs', 'no/such/file', '-', '--', '-e', '--eval', '(+ 1 2)', '(', '', ' ', '--json', '--input', 'data.json', '--allow', '--allow=', 'fs.read=/', 'http=*', 'fs.read',
    'all', 'nonsense=1', '--limit', 'fuel=10', 'fuel=-1', 'fuel=1e99', 'fuel=', 'depth', '__proto__=1', 'constructor', '--limit=__proto__=5', '--no-color', '--color', '--color=never', '--help', '-h', '--version',
    '-V', '--module-path', '.', '--check', '--deny-warnings', '--mode', 'straight', 'toString', '-x', '--xyz', '--js', '-ejson', '\ud800', '\u0007',
  ),
  fc.string({ unit: 'binary', maxLength: 12 }),
);
const ARGUMENTS = fc.array(WORD, { maxLength: 7 });

test('arguments of any kind are an invocation, or are refused in our words', () => {
  fc.assert(
    fc.property(ARGUMENTS, (argv) => {
      const invocation = quickInvocation(argv) ?? parseArguments(argv);
      expect([...COMMANDS, 'tell', 'show', 'refuse']).toContain(invocation.command);
      if (invocation.command === 'refuse') {
        expect(invocation.problem.code).toMatch(/^E0\d\d\d$/);
        expect(invocation.problem.message).not.toMatch(ENGINE_WORDS);
      }
    }),
    { numRuns: 3000 },
  );
});

// ── the executable ─────────────────────────────────────────────────────────────────────────────────────────────────

const root = join(import.meta.dirname, '..', '..');
const executable = join(root, 'dist', 'bin', 'rtfs.js');
const folder = mkdtempSync(join(tmpdir(), 'rtfs-fuzz-'));

beforeAll(() => {
  if (!existsSync(executable)) execFileSync(process.execPath, ['scripts/build.mjs', '--quick'], { cwd: root });
}, 300_000);

afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Runs it; whatever it was given, it ends with a code that the page lists, and says nothing in the engine's words. */
function ending(argv: readonly string[], input: string | Uint8Array): number | null {
  const { status, stderr, stdout } = spawnSync(process.execPath, [executable, ...argv], { cwd: folder, input, encoding: 'utf8', env: { PATH: process.env['PATH'], RTFS_HISTORY: '' } });
  expect([argv, stderr.match(ENGINE_WORDS)]).toEqual([argv, null]);
  expect([argv, Object.values(EXIT).filter((code) => code !== EXIT.internal)]).toEqual([argv, expect.arrayContaining([status]) as unknown]);
  if (argv[0] === 'run' && argv.includes('--json')) expect(() => void JSON.parse(stdout)).not.toThrow();
  return status;
}

describe('the executable', () => {
  test('given any arguments', () => {
    const harmless = ARGUMENTS.map((argv) => argv.map((word) => word.replaceAll('\0', '')));
    fc.assert(fc.property(harmless, (argv) => void ending(argv, '')), { numRuns: 40 });
  });

  test('given any bytes as a plan', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => void ending(['run', '-', '--json', '--limit', 'fuel=1000'], bytes)), { numRuns: 25 });
  });

  test('given any bytes as input', () => {
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array({ maxLength: 60 }), fc.array(PIECE, { maxLength: 8 }).map((pieces) => Buffer.from(pieces.join('')))), (bytes) => {
        writeFileSync(join(folder, 'input.json'), bytes);
        const status = ending(['run', '--json', '--input', 'input.json', '-e', '(count (str *input*))'], '');
        expect([EXIT.ok, EXIT.usage, EXIT.invalid]).toContain(status);
      }),
      { numRuns: 25 },
    );
  });
});
