/** The limits of a run: counted, never timed, and hit at the same point every time (M6). */

export interface Limits {
  /** Steps: one per function entry, one per loop turn, and the sizes that bulk primitives walk. */
  readonly fuel: number;
  /** Live calls below one another. */
  readonly depth: number;
  /** Cells allocated in all: one per element or entry put in a collection, one per 8 characters of text built. */
  readonly allocation: number;
  /** UTF-16 code units of one string. */
  readonly stringLength: number;
  /** Elements or entries of one collection. */
  readonly collectionSize: number;
  /** Decimal digits of one integer. */
  readonly integerDigits: number;
  /** Host calls made by the run. */
  readonly calls: number;
  /** Contexts below one another: steps, passes and branches that are open; the root of the run does not count. */
  readonly contextDepth: number;
  /** Canonical bytes of the keys and values in open contexts below one another. */
  readonly contextBytes: number;
  /** Branches of one fork. */
  readonly branches: number;
  /** Passes of one `step-loop`. */
  readonly iterations: number;
}

export type LimitName = keyof Limits;

/** How plans and people write the name: `string-length` for `stringLength`. */
export function limitLabel(name: LimitName): string {
  return Array.from(name, (letter) => (letter < 'a' ? `-${letter.toLowerCase()}` : letter)).join('');
}

export const DEFAULT_LIMITS: Limits = {
  fuel: 100_000_000_000,
  depth: 2_000_000,
  allocation: 20_000_000_000,
  stringLength: 64 * 1024 * 1024,
  collectionSize: 10_000_000,
  integerDigits: 100_000,
  calls: 1_000_000,
  contextDepth: 1_000,
  contextBytes: 64 * 1024 * 1024,
  branches: 10_000,
  iterations: 1_000_000,
};

/** Fuel is counted in stretches of at most so much: what engines have as a machine number everywhere. */
export const STRETCH = 0x3ffffff0;

/** What is left of the counted limits while a machine runs. Mutable, owned by one machine. */
export interface Meter {
  /** Until something has to be looked at: a stretch of what is left. Below zero: look now. */
  fuel: number;
  /** What is left beyond the stretch. */
  reserve: number;
  allocation: number;
  readonly limits: Limits;
}

/** So much fuel, all of it in reserve. */
export function meterOf(limits: Limits, fuel: number = limits.fuel, allocation: number = limits.allocation): Meter {
  return { fuel: 0, reserve: fuel, allocation, limits };
}

export function fuelLeft({ fuel, reserve }: Meter): number {
  return fuel + reserve;
}
