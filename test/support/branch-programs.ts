/**
 * Random plans made of steps and branches, for the simulator. They end by construction: loops go over a few elements or
 * count a key of their own up to a small number, and nothing recurs. Calls are of these capabilities:
 *   :c0 … :c4   never fail      :risky  may fail      :coin  true or false
 *   :undo       compensation    :leak   only made when data of a failed branch is visible after the join
 *
 * In steady plans no branch of a fail-fast parallel can fail, so that nothing may depend on the order of the answers.
 * In stormy ones branches fail everywhere: which failure decides depends on what the host has answered by then.
 *
 * One seed makes one plan.
 */
import { randomNumbers } from './programs.ts';

export function generateBranches(seed: number, stormy: boolean): string {
  return new Writer(seed, stormy).plan();
}

interface Scope {
  readonly names: readonly string[];
  /** Whether a failure here is allowed: something around it takes it, or the plan may fail. */
  readonly mayFail: boolean;
  readonly depth: number;
}

const KEYS: readonly string[] = [':a', ':b', ':c'];
const VARIABLES: readonly string[] = ['v0', 'v1'];
const POLICIES: readonly string[] = [
  ':keep-existing', ':overwrite', ':merge', ':merge3', '"child-wins"', '{:default :merge :keys {:a :overwrite :b :keep-existing}}',
  '(fn [_ base target source] (if (= base source) target [:of target source]))',
];

class Writer {
  private readonly random: () => number;
  private readonly stormy: boolean;
  /** Forms still allowed. */
  private budget = 36;
  private count = 0;

  constructor(seed: number, stormy: boolean) {
    this.random = randomNumbers(seed);
    this.stormy = stormy;
  }

  plan(): string {
    const scope: Scope = { names: [], mayFail: this.chance(0.4), depth: 6 };
    const first = this.inside(scope);
    const body = `[${first} ${this.chance(0.7) ? this.failFast(scope) : this.bestEffort(scope)} ${this.inside(scope)}]`;
    const seen = KEYS.map((key) => `(context/get ${key} :none)`).join(' ');
    return `(def v0 0) (def v1 0)\n(let [result ${body}]\n  [result ${seen} ${VARIABLES.join(' ')}])`;
  }

  // --- small things ----------------------------------------------------------------------------------------------

  private below(limit: number): number {
    return Math.floor(this.random() * limit);
  }

  private pick<T>(choices: readonly T[]): T {
    return choices[this.below(choices.length)]!;
  }

  private chance(probability: number): boolean {
    return this.random() < probability;
  }

  private number(): number {
    this.count += 1;
    return this.count;
  }

  private name(letter: string): string {
    return `${letter}${this.number()}`;
  }

  // --- forms -----------------------------------------------------------------------------------------------------

  private inside(scope: Scope, change: Partial<Scope> = {}): string {
    return this.form({ ...scope, depth: scope.depth - 1, ...change });
  }

  private form(scope: Scope): string {
    this.budget -= 1;
    if (scope.depth <= 0 || this.budget <= 0) return this.leaf(scope);
    switch (this.below(15)) {
      case 0:
        return this.leaf(scope);
      case 1:
        return this.set(scope);
      case 2:
        return this.plain(scope);
      case 3:
        return this.failure(scope);
      case 4:
        return `(try ${this.inside(scope, { mayFail: true })} (catch e [:caught (error? e) ${this.inside(scope)}]))`;
      case 5:
        return `(try ${this.inside(scope)} (finally ${this.inside(scope, { mayFail: false })}))`;
      case 6:
      case 7:
        return this.step(scope);
      case 8:
        return this.choice(scope);
      case 9:
        return this.loop(scope);
      case 10:
      case 11:
      case 12:
        return this.failFast(scope);
      case 13:
        return this.bestEffort(scope);
      default:
        return this.pmap(scope);
    }
  }

  private leaf(scope: Scope): string {
    switch (this.below(7)) {
      case 0:
        return `${this.below(10)}`;
      case 1:
        return scope.names.length === 0 ? 'nil' : this.pick(scope.names);
      case 2:
        return `(context/get ${this.pick(KEYS)} :none)`;
      case 3:
        return this.pick(VARIABLES);
      default:
        return this.call(scope);
    }
  }

  private call(scope: Scope): string {
    const capability = scope.mayFail && this.chance(0.4) ? 'risky' : `c${this.below(5)}`;
    const argument = scope.names.length > 0 && this.chance(0.5) ? this.pick(scope.names) : this.chance(0.3) ? `(context/get ${this.pick(KEYS)})` : '';
    return `(call :${capability} ${this.number()}${argument === '' ? '' : ` ${argument}`})`;
  }

  private set(scope: Scope): string {
    const inner = this.inside(scope);
    const value = this.pick([inner, `[${inner}]`, `{${this.pick(KEYS)} ${inner}}`]);
    const write = this.chance(0.25) ? `(def ${this.pick(VARIABLES)} ${value})` : `(context/set ${this.pick(KEYS)} ${value})`;
    return `(do ${write} ${this.inside(scope)})`;
  }

  private plain(scope: Scope): string {
    const x = this.name('x');
    return this.pick([
      () => `[${this.inside(scope)} ${this.inside(scope)}]`,
      () => `(let [${x} ${this.inside(scope)}] ${this.inside(scope, { names: [...scope.names, x] })})`,
      () => `(if (call :coin ${this.number()}) ${this.inside(scope)} ${this.inside(scope)})`,
      () => `(map (fn [${x}] ${this.inside(scope, { names: [...scope.names, x] })}) [1 2])`,
    ])();
  }

  private failure(scope: Scope): string {
    if (!scope.mayFail) return this.call(scope);
    const thrown = this.pick([`(throw ${this.number()})`, `(throw (ex-info "failed ${this.number()}" {}))`, '(/ 1 0)']);
    return `(if (call :coin ${this.number()}) ${thrown} ${this.inside(scope)})`;
  }

  // --- steps -----------------------------------------------------------------------------------------------------

  /** Options that all forms have, and the scope of the body under them. */
  private options(scope: Scope, joinable: boolean): { readonly text: string; readonly body: Scope } {
    const options: string[] = [];
    let { mayFail } = scope;
    if (joinable && this.chance(0.35)) options.push(`:isolation ${this.pick([':inherit', ':isolated', ':sandboxed'])}`);
    if (joinable && this.chance(0.5)) {
      options.push(`:merge-policy ${this.pick(POLICIES)}`);
      if (scope.mayFail && this.chance(0.2)) options.push(':on-conflict :fail');
    }
    if (this.chance(0.2)) options.push(':timeout-ms 1000');
    if (this.chance(0.15)) options.push(`:metadata {:n ${this.number()}}`);
    if (this.chance(0.15)) options.push(`:requires {:a {:default ${this.below(5)}}}`);
    if (this.chance(0.3)) {
      options.push(`:on-fail ${this.pick([':delegate', `[:instead (error? %error) ${this.call({ ...scope, mayFail: false })}]`, `(fn [e] (call :c0 ${this.number()}))`])}`);
      mayFail = true;
    }
    if (mayFail && this.chance(0.4)) options.push(`:retries ${this.pick(['1', '2', '{:max 2 :backoff-ms 100 :jitter 0.5}', '{:backoff-ms [3 0] :max 2 :retry-on [:error/host]}'])}`);
    if (this.chance(0.3)) options.push(`:compensate ${this.pick([`(call :undo ${this.number()} %result)`, `(fn [r] (call :undo ${this.number()} r))`])}`);
    if (!this.chance(0.2)) return { text: options.join(' '), body: { ...scope, mayFail } };
    const params = `:params {:p ${this.inside(scope, { mayFail })}}`;
    return { text: [...options, params].join(' '), body: { ...scope, names: [...scope.names, '(:p %params)'], mayFail } };
  }

  private step(scope: Scope): string {
    const { text, body } = this.options(scope, true);
    return `(step "${this.pick(['s', 't'])}" ${text} nil ${this.inside(body)} ${this.inside(body)})`;
  }

  private choice(scope: Scope): string {
    const { text, body } = this.options(scope, true);
    return `(step-if ${text} (call :coin ${this.number()}) ${this.inside(body)} ${this.inside(body)})`;
  }

  private loop(scope: Scope): string {
    const x = this.name('x');
    const acc = this.name('acc');
    const items = `[${Array.from({ length: this.below(4) }, () => this.below(10)).join(' ')}]`;
    switch (this.below(3)) {
      case 0: {
        // No isolation and no policy: the next pass has to see what this one has counted.
        const { text, body } = this.options(scope, false);
        const key = `:${this.name('i')}`;
        const counted = `(context/get ${key} 0)`;
        return `(step-loop ${text} (< ${counted} ${1 + this.below(2)}) (context/set ${key} (inc ${counted})) ${this.inside(body)})`;
      }
      case 1: {
        const { text, body } = this.options(scope, true);
        return `(step-loop ${text} [${x} ${items}] ${this.inside(body, { names: [...body.names, x] })})`;
      }
      default: {
        const { text, body } = this.options(scope, true);
        return `(step-loop ${text} [${acc} ${this.below(5)} ${x} ${items}] ${this.inside(body, { names: [...body.names, x, acc] })})`;
      }
    }
  }

  // --- branches --------------------------------------------------------------------------------------------------

  private branches(scope: Scope): readonly string[] {
    return Array.from({ length: 1 + this.below(4) }, () => this.inside(scope));
  }

  private concurrency(): string {
    return this.chance(0.25) ? `:max-concurrency ${1 + this.below(3)}` : '';
  }

  private failFast(scope: Scope): string {
    if (this.stormy) return this.stormyFailFast(scope);
    const { text, body } = this.options(scope, true);
    return `(step-parallel ${text} ${this.concurrency()} nil ${this.branches({ ...body, mayFail: false }).join(' ')})`;
  }

  /** Each branch leaves a mark in the context: when the step has failed, none may be seen. */
  private stormyFailFast(scope: Scope): string {
    const branches = this.branches({ ...scope, mayFail: true });
    const marks = branches.map(() => `:${this.name('mark')}`);
    const result = this.name('r');
    const unmarked = marks.map((mark) => `(context/set ${mark} false)`).join(' ');
    const marked = branches.map((branch, index) => `(do (context/set ${marks[index]!} true) ${branch})`).join(' ');
    const seen = marks.map((mark) => `(context/get ${mark})`).join(' ');
    const isolation = this.chance(0.3) ? `:isolation ${this.pick([':isolated', ':inherit'])}` : '';
    const parallel = `(step-parallel :merge-policy :overwrite ${isolation} ${this.concurrency()} ${marked})`;
    return `(do ${unmarked} (let [${result} (try ${parallel} (catch e :failed))] (if (and (= ${result} :failed) (or ${seen})) (call :leak) ${result})))`;
  }

  /** The mark of a branch is seen when it succeeded, and only then. */
  private bestEffort(scope: Scope): string {
    const branches = this.branches({ ...scope, mayFail: true });
    const marks = branches.map(() => `:${this.name('mark')}`);
    const result = this.name('r');
    const unmarked = marks.map((mark) => `(context/set ${mark} false)`).join(' ');
    const marked = branches.map((branch, index) => `(do (context/set ${marks[index]!} true) ${branch})`).join(' ');
    const least = scope.mayFail && this.chance(0.5) ? this.pick(['', `:min-success ${Math.min(2, branches.length)}`]) : ':min-success 0';
    const fits = marks.map((mark, index) => `(= (contains? (nth ${result} ${index}) :ok) (context/get ${mark}))`).join(' ');
    const parallel = `(step-parallel :on-error :best-effort ${least} :merge-policy :overwrite ${this.concurrency()} ${marked})`;
    return `(do ${unmarked} (let [${result} ${parallel}] (if (and ${fits}) (map (fn [m] (get m :ok :failed)) ${result}) (call :leak))))`;
  }

  private pmap(scope: Scope): string {
    const x = this.name('x');
    const body = this.inside(scope, { mayFail: this.stormy && scope.mayFail, names: [...scope.names, x] });
    return `(pmap (fn [${x}] ${body}) ${this.pick(['[1 2]', '[1 2 3]', '[]', 'nil', '{:k 1}'])})`;
  }
}
