/**
 * The engine for regular expressions: patterns are read and compiled by re2js (RE2's syntax, its own Unicode tables,
 * no backtracking), turned into plain programs and run by `regex-machine.ts`. The only file that imports re2js.
 *
 * It reads the compiled program of the library, which its types call `any`; `package.json` pins the exact version, and
 * tests compare what the machine finds with what the library finds.
 */
import { RE2JS, RE2JSSyntaxException } from 're2js';
import type { Regex, RegexEngine } from './regex-engine.ts';
import { Operation, RegexMachine, type RegexProgram } from './regex-machine.ts';

const CACHED_PATTERNS_MAX = 64;
const PATTERN_UNITS_MAX = 10_000;
/** Compiling takes about 2 µs per instruction, and nothing can interrupt it. */
const INSTRUCTIONS_MAX = 50_000;
/** What bounds the scratch space of a running program. */
const INSTRUCTIONS_TIMES_GROUPS_MAX = 1_000_000;
/** A Unicode class costs about as much to compile as this many plain instructions. */
const UNICODE_CLASS_COST = 20;
const REPEAT_MAX = 1_000;

const TOO_LARGE = 'expression too large';
/** The library failed in a way that is not a judgement on the pattern (no room on the stack): never remembered. */
const NOT_COMPILED = 'it cannot be compiled';

/** One engine per kernel: it owns its cache, which no program can see. */
export function createRe2Engine(): RegexEngine {
  const cache = new Map<string, Regex | string>();
  return {
    compile: (pattern) => {
      const known = cache.get(pattern);
      if (known !== undefined) return known;
      const fresh = compile(pattern);
      if (cache.size >= CACHED_PATTERNS_MAX) cache.delete(cache.keys().next().value!);
      if (pattern.length <= PATTERN_UNITS_MAX && fresh !== NOT_COMPILED) cache.set(pattern, fresh);
      return fresh;
    },
  };
}

function compile(pattern: string): Regex | string {
  if (pattern.length > PATTERN_UNITS_MAX) return `longer than ${PATTERN_UNITS_MAX} characters`;
  if (estimatedSize(pattern) > INSTRUCTIONS_MAX) return TOO_LARGE;
  let compiled: RE2JS;
  try {
    compiled = RE2JS.compile(pattern);
  } catch (problem) {
    return problem instanceof RE2JSSyntaxException ? problem.getDescription() : NOT_COMPILED;
  }
  const program = toProgram(compiled);
  const size = program.operations.length;
  return size > INSTRUCTIONS_MAX || size * (program.groupCount + 1) > INSTRUCTIONS_TIMES_GROUPS_MAX ? TOO_LARGE : new RegexMachine(program);
}

/** The library's instruction, as far as it is used here. */
interface Instruction {
  readonly op: number;
  readonly out: number;
  readonly arg: number;
  readonly runes: ArrayLike<number>;
  matchRune(point: number): boolean;
}

/** The library's numbers for what an instruction does, in the order of its own table, which begins with 1. */
const OPERATIONS: readonly number[] = [
  Operation.fail,
  Operation.either,
  Operation.either,
  Operation.capture,
  Operation.condition,
  Operation.fail,
  Operation.match,
  Operation.jump,
  Operation.oneOf,
  Operation.one,
  Operation.any,
  Operation.anyButNewline,
];
const BEGINS_TEXT = 4;

function toProgram(compiled: RE2JS): RegexProgram {
  const { prog, cond, prefix } = compiled.re2();
  const instructions = prog.inst as readonly Instruction[];
  const operations = new Uint8Array(instructions.length);
  const next = new Int32Array(instructions.length);
  const argument = new Int32Array(instructions.length);
  instructions.forEach((instruction, i) => {
    operations[i] = OPERATIONS[instruction.op] ?? Operation.fail;
    next[i] = instruction.out;
    argument[i] = operations[i] === Operation.one ? instruction.runes[0]! : instruction.arg;
  });
  return {
    operations,
    next,
    argument,
    accepts: (instruction, point) => instructions[instruction]!.matchRune(point),
    start: prog.start as number,
    fromTextStart: (cond as number) !== -1 && ((cond as number) & BEGINS_TEXT) !== 0,
    prefix: prefix as string,
    groupCount: compiled.groupCount(),
    groupNames: new Map(Object.entries(compiled.namedGroups())),
  };
}

/**
 * About how many instructions a pattern will take: an upper bound that is rough for what plain characters cost and
 * exact in how counted repetitions multiply. It is there to refuse before the compiler spends seconds.
 */
function estimatedSize(pattern: string): number {
  const open: number[] = [];
  let total = 0;
  let last = 0;
  for (let i = 0; i < pattern.length; i++) {
    const repeat = repeatAt(pattern, i);
    if (repeat !== null) {
      total += last * (repeat.most - 1);
      last *= repeat.most;
      i += repeat.units - 1;
    } else if (pattern[i] === '(') {
      open.push(total);
      total += 2;
    } else if (pattern[i] === ')') {
      last = total - (open.pop() ?? total);
    } else {
      last = pattern[i] === '\\' && (pattern[i + 1] === 'p' || pattern[i + 1] === 'P') ? UNICODE_CLASS_COST : 2;
      total += last;
      if (pattern[i] === '\\') i += 1;
    }
  }
  return total;
}

/** A counted repetition `{2}`, `{2,}` or `{2,5}` at that place: the most copies that it makes. */
function repeatAt(pattern: string, at: number): { readonly most: number; readonly units: number } | null {
  if (pattern[at] !== '{') return null;
  const end = pattern.indexOf('}', at);
  if (end < 0 || end - at > 10) return null;
  const counts = pattern.slice(at + 1, end).split(',').map(Number);
  const most = Math.max(...counts);
  return Number.isInteger(most) && counts.length <= 2 ? { most: Math.min(REPEAT_MAX, Math.max(most, 1)), units: end + 1 - at } : null;
}
