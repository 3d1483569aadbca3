/**
 * Timing. What is compared is run in turns in one process: a sample of each, then the next sample of each, so that
 * whatever else the machine does hits all alike. The value of a task is the median of its samples.
 *
 * Two clocks: the wall, and the processor time of the whole process. The second does not see other processes on a
 * shared machine, but counts the collector's and the optimiser's threads too, which work at the same time.
 */

/** Samples that count, after the warm-up. */
const SAMPLES = 5;
/** A sample runs its task as often as it takes to last about this long. */
const SAMPLE_MS = 60;
/** The engine optimises in the background and may take back what it did: so long it is given, and at least so many runs. */
const WARM_UP_MS = 250;
/** What does little and often is optimised and taken back for longer: the first 300 ms of yields and snapshots take twice as long as those after two seconds. */
export const LONG_WARM_UP: MeasureOptions = { warmUpMs: 1_500 };
const WARM_UP_RUNS = 2;
/** Where the middle half of the samples differs by more than this, something was under way that will be over soon: more are taken, for so long at most. */
const STEADY_RATIO = 1.5;
const STEADYING_MS = 1_000;
/** A run that takes so long differs little from the next one: three samples of it have to do. */
const LONG_MS = 300;
const LONG_SAMPLES = 3;

export interface Task {
  readonly run: () => unknown;
}

/** What one run of a task takes. */
export interface Timing {
  readonly wallMs: number;
  readonly cpuMs: number;
}

export interface MeasureOptions {
  readonly samples?: number;
  readonly sampleMs?: number;
  readonly warmUpRuns?: number;
  readonly warmUpMs?: number;
}

/** Whatever the last run gave: kept in sight of others, so that no engine can leave the work out. */
export const lastResult: { value: unknown } = { value: null };

/** The median timing of each task, the tasks taking turns. */
export function measure(tasks: readonly Task[], options: MeasureOptions = {}): Timing[] {
  const warm = tasks.map((task) => warmedUp(task, options));
  const rounds = warm.map(({ fastestMs }) => options.samples ?? (fastestMs < LONG_MS ? SAMPLES : LONG_SAMPLES));
  const samples = tasks.map((): Timing[] => []);
  const takeOne = (task: Task, index: number): void => void samples[index]!.push(sample(task, warm[index]!.repetitions));
  for (let round = 0; round < Math.max(...rounds); round++) tasks.forEach((task, index) => round < rounds[index]! && takeOne(task, index));
  for (const start = performance.now(); performance.now() - start < STEADYING_MS && !samples.every(isSteady); ) tasks.forEach(takeOne);
  return samples.map(medianTiming);
}

interface Warm {
  readonly fastestMs: number;
  /** How many runs make a sample. */
  readonly repetitions: number;
}

/** What many rows are measured against is warmed up once. */
const warmTasks = new WeakMap<Task, Warm>();

function warmedUp(task: Task, options: MeasureOptions): Warm {
  const known = warmTasks.get(task);
  if (known !== undefined) return known;
  const warm = warmUp(task, options);
  warmTasks.set(task, warm);
  return warm;
}

export function measureOne(run: () => unknown, options: MeasureOptions = {}): Timing {
  return measure([{ run }], options)[0]!;
}

/** Runs the task until the engine knows it. */
function warmUp(task: Task, { sampleMs = SAMPLE_MS, warmUpRuns = WARM_UP_RUNS, warmUpMs = WARM_UP_MS }: MeasureOptions): Warm {
  const start = performance.now();
  let fastestMs = Number.POSITIVE_INFINITY;
  for (let run = 0; run < warmUpRuns || performance.now() - start < warmUpMs; run++) {
    fastestMs = Math.min(fastestMs, sample(task, 1).wallMs);
  }
  return { fastestMs, repetitions: Math.max(1, Math.ceil(sampleMs / Math.max(fastestMs, 0.0001))) };
}

/**
 * Garbage is left to the engine: a collection that is asked for also throws away optimised code, and what came after
 * would be measured cold.
 */
function sample(task: Task, repetitions: number): Timing {
  const cpuStart = process.cpuUsage();
  const wallStart = performance.now();
  for (let i = 0; i < repetitions; i++) lastResult.value = task.run();
  const wallMs = performance.now() - wallStart;
  const { user, system } = process.cpuUsage(cpuStart);
  return { wallMs: wallMs / repetitions, cpuMs: (user + system) / 1000 / repetitions };
}

function isSteady(samples: readonly Timing[]): boolean {
  const sorted = samples.map((one) => one.cpuMs).sort((a, b) => a - b);
  const quarter = Math.floor(sorted.length / 4);
  return sorted.at(-1 - quarter)! < sorted[quarter]! * STEADY_RATIO;
}

function medianTiming(samples: readonly Timing[]): Timing {
  return { wallMs: median(samples.map((one) => one.wallMs)), cpuMs: median(samples.map((one) => one.cpuMs)) };
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >>> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

export function geometricMean(values: readonly number[]): number {
  return Math.exp(values.reduce((sum, value) => sum + Math.log(value), 0) / values.length);
}
