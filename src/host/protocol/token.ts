/**
 * Programs and runs as clients keep them, and what workers tell of branches (see `seal.ts` for the text around it).
 *
 *   payload = pieces of bytes (`packBytes`): the header, the snapshot (of a state only), the program's document, then the code of the program that the library
 *             does not have
 *   header  = the canonical bytes of one vector: ["rtfs/protocol" boundary-version run], the run being the client's name of it or nil
 *
 * So a state is all that is needed to go on: the server that made it may be gone. Documents and code are those of `durable/program.ts`.
 */
import type { Result } from '../../diagnostic/diagnostic.ts';
import { restore, snapshot } from '../../evaluator/snapshot.ts';
import type { CodeTable } from '../../evaluator/code.ts';
import type { State } from '../../evaluator/state.ts';
import { hashBytes } from '../../ir/hash.ts';
import { decodeValue, encodeValue } from '../../value/bytes.ts';
import { Vector } from '../../value/vector.ts';
import { type BranchTurns, readTurns, turnsValue } from '../branch/turns.ts';
import type { Environment } from '../compile.ts';
import { keepProgram, openProgram, programGroups, programHash, type Runnable } from '../durable/program.ts';
import { codeOptions } from '../durable/recover.ts';
import type { Keys } from '../journal/signature.ts';
import type { Hash } from '../store/port.ts';
import { Recent, type RecentLimits } from './recent.ts';
import { packBytes, seal, type SealFault, unpackBytes, unseal } from './seal.ts';

/** Of everything that crosses to another process: outcomes, calls, answers, states. Raised when one of them changes its meaning. */
export const BOUNDARY_VERSION = 1;

const TAG = 'rtfs/protocol';

/** A program that is open in this process, with the bytes that a client keeps. */
export interface OpenCode {
  readonly hash: Hash;
  readonly program: Runnable;
  readonly pieces: readonly Uint8Array[];
}

export interface OpenState {
  readonly code: OpenCode;
  readonly state: State;
  /** What the client calls the run; null for nothing. */
  readonly run: string | null;
}

/** `code`: the program cannot be put together here. */
export type TokenFault = Omit<SealFault, 'reason'> & { readonly reason: SealFault['reason'] | 'boundary' | 'code' };

/** What a server holds ready, only to be quicker: programs by the hashes of their documents, and states by the text that clients have. */
const PROGRAMS: RecentLimits = { entries: 200, size: Number.POSITIVE_INFINITY };
const STATES: RecentLimits = { entries: 2_000, size: 8 * 1024 * 1024 };

export class Tokens {
  private readonly environment: Environment;
  private readonly keys: Keys;
  private readonly programs = new Recent<OpenCode>(PROGRAMS);
  /** Each was sealed or checked here: whoever has the same text needs no second look at its signature. */
  private readonly states = new Recent<OpenState>(STATES);

  constructor(environment: Environment, keys: Keys) {
    this.environment = environment;
    this.keys = keys;
  }

  codeOf(program: Runnable): OpenCode {
    const { hash, content } = keepProgram(program);
    const pieces = content.filter((one) => one.hash === hash || this.environment.library.group(one.hash) === null).map((one) => one.bytes);
    return this.remember({ hash, program, pieces });
  }

  sealCode({ pieces }: OpenCode): string {
    return seal(this.keys, 'code', packBytes([header(null), ...pieces]));
  }

  sealState(code: OpenCode, state: State, run: string | null): string {
    const text = seal(this.keys, 'state', packBytes([header(run), snapshot(state), ...code.pieces]));
    this.states.set(text, { code, state, run });
    return text;
  }

  openCode(text: string): Result<OpenCode, TokenFault> {
    const opened = this.open('code', text);
    return opened.ok ? this.program(opened.value.pieces) : opened;
  }

  openState(text: string): Result<OpenState, TokenFault> {
    const known = this.states.get(text);
    if (known !== undefined) return { ok: true, value: known };
    const opened = this.open('state', text);
    if (!opened.ok) return opened;
    const { run, pieces: [saved = new Uint8Array(0), ...pieces] } = opened.value;
    const code = this.program(pieces);
    if (!code.ok) return code;
    const state = restore(saved, code.value.program.table);
    if (!state.ok) return fault('damaged', `the state cannot be gone on with: ${state.error.message}`);
    const open = { code: code.value, state: state.value, run };
    this.states.set(text, open);
    return { ok: true, value: open };
  }

  /** What a worker tells of a branch; `index` counts that within the session. */
  sealTurns(session: string, index: number, turns: BranchTurns): string {
    return seal(this.keys, 'turn', encodeValue(Vector.of(session, index, turnsValue(turns))));
  }

  openTurns(text: string, session: string, index: number, table: CodeTable): Result<BranchTurns, string> {
    const payload = unseal(this.keys, 'turn', text);
    if (!payload.ok) return { ok: false, error: payload.error.message };
    const decoded = decodeValue(payload.value, codeOptions({ table }));
    const [of, at, turns = null] = decoded.ok && decoded.value instanceof Vector ? decoded.value.toArray() : [];
    const read = of === session && at === index ? readTurns(turns) : null;
    return read === null ? { ok: false, error: 'what it tells of the branch cannot be read' } : { ok: true, value: read };
  }

  private open(kind: 'state' | 'code', text: string): Result<{ readonly run: string | null; readonly pieces: readonly Uint8Array[] }, TokenFault> {
    const payload = unseal(this.keys, kind, text);
    if (!payload.ok) return payload;
    const [head, ...pieces] = unpackBytes(payload.value) ?? [];
    const decoded = head === undefined ? null : decodeValue(head);
    const [tag, version, run] = decoded?.ok === true && decoded.value instanceof Vector ? decoded.value.toArray() : [];
    if (tag !== TAG || (typeof run !== 'string' && run !== null)) return fault('damaged', `the ${kind} cannot be read`);
    if (version !== BOUNDARY_VERSION) return fault('boundary', `the ${kind} is of boundary version ${String(version)}, and this server has ${BOUNDARY_VERSION}: give it to a server of the version that made it`);
    return { ok: true, value: { run, pieces } };
  }

  private program(pieces: readonly Uint8Array[]): Result<OpenCode, TokenFault> {
    const [document, ...groups] = pieces;
    if (document === undefined) return fault('damaged', 'there is no program in it');
    const hash = programHash(document);
    const known = this.programs.get(hash);
    if (known !== undefined) return { ok: true, value: known };
    const held = new Map<Hash, Uint8Array>([[hash, document], ...groups.map((bytes) => [hashBytes(bytes), bytes] as const)]);
    const missing = programGroups(document)?.find((group) => !held.has(group) && this.environment.library.group(group) === null);
    if (missing !== undefined) return fault('code', `the code ${missing} is not in the library of this server: give it to a server of the version that made it`);
    const program = openProgram(this.environment, hash, (one) => held.get(one) ?? null);
    if (!program.ok) return fault('damaged', program.error);
    // A copy, so that one small program does not keep a large message alive.
    return { ok: true, value: this.remember({ hash, program: program.value, pieces: pieces.map((one) => one.slice()) }) };
  }

  private remember(code: OpenCode): OpenCode {
    this.programs.set(code.hash, code);
    return code;
  }
}

function header(run: string | null): Uint8Array {
  return encodeValue(Vector.of(TAG, BOUNDARY_VERSION, run));
}

function fault(reason: TokenFault['reason'], message: string): { ok: false; error: TokenFault } {
  return { ok: false, error: { reason, message } };
}
