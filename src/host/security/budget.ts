/**
 * Budgets: how much of what the calls of a run take, as a ledger of accounts. Immutable data, so that it lies in checkpoints
 * beside the state: a run that is resumed goes on counting where it was (CA-13).
 *
 * The root account is the run's. A step that says `:resources` has one of its own, cut out of the account around it; what it does
 * not name it draws from there. An account counts by name:
 *
 * - B1 What was used, what is held for calls under way, and the grants of the accounts inside never add up to more than
 *   the grant. (Only a call that took more than was held for it goes beyond: that counts too, and then everything is spent.)
 * - B2 A call is paid for when it has been answered, well or badly. One that was denied, or that nobody waits for and that never
 *   started, costs nothing.
 * - B3 When a step ends, what it used counts for the account around it, and what it left is there again.
 *
 * Beside the grant of the run there may be soft amounts: who takes more is told of, once for each, and nothing is denied.
 */
import type { Event } from '../../evaluator/event.ts';
import type { Result } from '../../diagnostic/diagnostic.ts';
import { MapValue } from '../../value/map.ts';
import { Float, isInteger, Keyword, keyword, makeFloat, type Value } from '../../value/value.ts';
import { Vector } from '../../value/vector.ts';
import { HostFailure } from '../failure.ts';
import { type AmountName, AMOUNT_NAMES, type Amounts, amountsValue, inUnits, MILLIONTHS, millionths, readAmounts } from '../amounts.ts';

export interface Account {
  /** What is not named is counted by the account around it; at the root it is not limited. */
  readonly grant: Amounts;
  readonly used: Amounts;
  /** By the id of the call. */
  readonly held: ReadonlyMap<string, Amounts>;
}

export interface Ledger {
  /** By the id of the step. */
  readonly accounts: ReadonlyMap<string, Account>;
  /** Of the run. */
  readonly soft: Amounts;
  /** Those of them of which it has been told that the run took more. */
  readonly passed: readonly AmountName[];
}

const ROOT = 'root';

export function openLedger(grant: Amounts, soft: Amounts = {}): Ledger {
  return { accounts: new Map([[ROOT, { grant, used: {}, held: new Map() }]]), soft, passed: [] };
}

/** A soft amount that the run has taken more than. */
export interface Passed {
  readonly budget: AmountName;
  readonly soft: number;
  readonly used: number;
}

/** Those of which nobody has been told yet. */
export function newlyPassed(ledger: Ledger): readonly Passed[] {
  const { soft, passed } = ledger;
  const open = AMOUNT_NAMES.filter((name) => soft[name] !== undefined && !passed.includes(name));
  if (open.length === 0) return NONE_PASSED;
  const used = spent(ledger);
  return open.flatMap((budget) => ((used[budget] ?? 0) > soft[budget]! ? [{ budget, soft: soft[budget]!, used: used[budget]! }] : []));
}

const NONE_PASSED: readonly Passed[] = [];

export function markPassed(ledger: Ledger, name: AmountName): Ledger {
  return ledger.passed.includes(name) ? ledger : { ...ledger, passed: [...ledger.passed, name] };
}

/**
 * Cuts an account for the step out of those around it: no more of anything than is left there. A step that has one, or in which steps
 * have begun that have one, gets none.
 */
export function subdivide(ledger: Ledger, step: string, wanted: Amounts): Ledger {
  if (step === ROOT || [...ledger.accounts.keys()].some((id) => id === step || isBelow(id, step))) return ledger;
  const grant = each((name) => (wanted[name] === undefined ? undefined : Math.max(0, Math.min(wanted[name], available(ledger, step, name)))));
  return withAccount(ledger, step, { grant, used: {}, held: new Map() });
}

/** Ends the accounts of a step and of the steps inside (B3). */
export function closeAccount(ledger: Ledger, step: string): Ledger {
  if (step === ROOT) return ledger;
  const inside = [...ledger.accounts.keys()].filter((id) => id === step || isBelow(id, step));
  // The innermost first: what it used goes to the one around it, which goes next.
  return inside.sort((a, b) => b.length - a.length).reduce(closeOne, ledger);
}

function closeOne(ledger: Ledger, step: string): Ledger {
  const { used } = ledger.accounts.get(step)!;
  const accounts = new Map(ledger.accounts);
  accounts.delete(step);
  return AMOUNT_NAMES.reduce((rest, name) => (used[name] === undefined ? rest : chargeAt(rest, holderOf(rest, step, name), name, used[name])), { ...ledger, accounts } as Ledger);
}

export type Reservation =
  | { readonly ok: true; readonly ledger: Ledger }
  /** `step`: whose account has not enough. */
  | { readonly ok: false; readonly budget: AmountName; readonly step: string; readonly granted: number; readonly left: number; readonly wanted: number };

/** Holds the amounts for a call of the step (null: outside of steps), or says what there is not enough of. */
export function reserve(ledger: Ledger, call: string, step: string | null, amounts: Amounts): Reservation {
  const at = step ?? ROOT;
  let held = ledger;
  for (const name of AMOUNT_NAMES) {
    const wanted = amounts[name];
    if (wanted === undefined || wanted === 0) continue;
    const left = available(held, at, name);
    const holder = holderOf(held, at, name);
    if (wanted > left) return { ok: false, budget: name, step: holder, granted: held.accounts.get(holder)!.grant[name] ?? Infinity, left: Math.max(0, left), wanted };
    held = hold(held, holder, call, name, wanted);
  }
  return { ok: true, ledger: held };
}

/** The call was answered and took `actual` (B2): what is not named, as much as was held. It counts where it was held. */
export function settle(ledger: Ledger, call: string, step: string | null, actual: Amounts): Ledger {
  return AMOUNT_NAMES.reduce((rest, name) => {
    const holder = [...ledger.accounts].find(([, { held }]) => held.get(call)?.[name] !== undefined);
    const amount = actual[name] ?? holder?.[1].held.get(call)?.[name] ?? 0;
    return amount === 0 ? rest : chargeAt(rest, holder?.[0] ?? holderOf(rest, step ?? ROOT, name), name, amount);
  }, release(ledger, call));
}

/** The call took nothing: it was denied, or given up before it started. */
export function release(ledger: Ledger, call: string): Ledger {
  const accounts = new Map(ledger.accounts);
  for (const [id, account] of accounts) {
    if (!account.held.has(call)) continue;
    const held = new Map(account.held);
    held.delete(call);
    accounts.set(id, { ...account, held });
  }
  return { ...ledger, accounts };
}

/** More for the run: what an operator adds before it goes on. What was not limited stays so. */
export function grantMore(ledger: Ledger, more: Amounts): Ledger {
  const root = ledger.accounts.get(ROOT)!;
  const grant = each((name) => (root.grant[name] === undefined ? undefined : root.grant[name] + (more[name] ?? 0)));
  return withAccount(ledger, ROOT, { ...root, grant });
}

/** What the run has used in all. */
export function spent(ledger: Ledger): Amounts {
  return each((name) => [...ledger.accounts.values()].reduce<number | undefined>((sum, { used }) => (used[name] === undefined ? sum : (sum ?? 0) + used[name]), undefined));
}

/** What a call of the step may still take: of the nearest account that counts it. */
export function available(ledger: Ledger, step: string, name: AmountName): number {
  const holder = holderOf(ledger, step, name);
  const { grant, used, held } = ledger.accounts.get(holder)!;
  if (grant[name] === undefined) return Infinity;
  let left = grant[name] - (used[name] ?? 0);
  for (const amounts of held.values()) left -= amounts[name] ?? 0;
  for (const [id, account] of ledger.accounts) {
    if (account.grant[name] !== undefined && isBelow(id, holder) && holderOf(ledger, outside(id), name) === holder) left -= account.grant[name];
  }
  return left;
}

/** The id of the nearest account around the step that counts it. */
function holderOf(ledger: Ledger, step: string, name: AmountName): string {
  for (let at = step; at !== ROOT && at !== ''; at = outside(at)) if (ledger.accounts.get(at)?.grant[name] !== undefined) return at;
  return ROOT;
}

function outside(step: string): string {
  return step.slice(0, Math.max(0, step.lastIndexOf('/')));
}

function isBelow(id: string, step: string): boolean {
  return id !== step && (step === ROOT || id.startsWith(`${step}/`));
}

function chargeAt(ledger: Ledger, holder: string, name: AmountName, amount: number): Ledger {
  const account = ledger.accounts.get(holder)!;
  return withAccount(ledger, holder, { ...account, used: { ...account.used, [name]: (account.used[name] ?? 0) + amount } });
}

function hold(ledger: Ledger, holder: string, call: string, name: AmountName, amount: number): Ledger {
  const account = ledger.accounts.get(holder)!;
  return withAccount(ledger, holder, { ...account, held: new Map(account.held).set(call, { ...account.held.get(call), [name]: amount }) });
}

function withAccount(ledger: Ledger, id: string, account: Account): Ledger {
  return { ...ledger, accounts: new Map(ledger.accounts).set(id, account) };
}

function each(amount: (name: AmountName) => number | undefined): Amounts {
  const amounts: { [Name in AmountName]?: number } = {};
  for (const name of AMOUNT_NAMES) {
    const value = amount(name);
    if (value !== undefined) amounts[name] = value;
  }
  return amounts;
}

// ── steps ────────────────────────────────────────────────────────────────────────────────────────────────────────────

/** Opens and closes the accounts of steps that say `:resources`, as their events tell. To be done before the calls of the turn. */
export function followSteps(ledger: Ledger, events: readonly Event[]): Ledger {
  return events.reduce((now, event) => {
    if (event.kind === 'step-started') {
      const wanted = resourcesOf(event.declared);
      return Object.keys(wanted).length === 0 ? now : subdivide(now, event.step, wanted);
    }
    return event.kind === 'step-completed' || event.kind === 'step-failed' ? closeAccount(now, event.step) : now;
  }, ledger);
}

/** Whether a step that says `:resources` has begun. */
export function isCounting(events: readonly Event[]): boolean {
  return events.some((event) => event.kind === 'step-started' && Object.keys(resourcesOf(event.declared)).length > 0);
}

function costOf(value: Value | undefined): number | undefined {
  const amount = value instanceof Float ? value.value : typeof value === 'number' ? value : Number.NaN;
  return amount >= 0 && amount * MILLIONTHS <= Number.MAX_SAFE_INTEGER ? millionths(amount) : undefined;
}

/** `{:resources {:calls 3 :cost 0.5}}`. `:effects` counts calls. What is no whole number, or no number for `:cost`, or no budget, is not looked at. */
function resourcesOf(declared: Value): Amounts {
  const resources = declared instanceof MapValue ? declared.get(keyword('resources')) : undefined;
  if (!(resources instanceof MapValue)) return {};
  const number = (name: string): number | undefined => {
    const value = resources.get(keyword(name));
    if (name === 'cost') return costOf(value);
    return value !== undefined && isInteger(value) && value >= 0 && value <= Number.MAX_SAFE_INTEGER ? Number(value) : undefined;
  };
  return each((name) => number(name) ?? (name === 'calls' ? number('effects') : undefined));
}

// ── exhaustion ───────────────────────────────────────────────────────────────────────────────────────────────────────

/** The failure of a call that there is not enough for. `policy` is whatever set the budget, in words. */
export function exhaustion({ budget, step, granted, left, wanted }: Extract<Reservation, { ok: false }>, policy: string): HostFailure {
  const where = step === ROOT ? '' : ` of step ${step}`;
  const cure = step === ROOT ? `to give it more: --budget ${budget}=N` : `to give it more: :resources {:${budget} N} of that step`;
  const shown = (amount: number): number => inUnits(budget, amount);
  const value = (amount: number): Value => (budget === 'cost' ? makeFloat(shown(amount)) : amount);
  const message = `Resource budget exhausted: ${budget}${where} (policy: ${policy}; ${shown(left)} of ${shown(granted)} left, ${shown(wanted)} wanted; ${cure})`;
  return new HostFailure('budget', message, MapValue.of(keyword('budget'), keyword(budget), keyword('step'), step, keyword('granted'), value(granted), keyword('left'), value(left), keyword('wanted'), value(wanted)));
}

// ── as a value ───────────────────────────────────────────────────────────────────────────────────────────────────────

/** `{"root" {:grant {:calls 10} :used {:calls 6} :held {"7" {:calls 1}}}}`; with `:soft {:calls 5} :passed [:calls]` at the root when there are soft amounts. */
export function ledgerValue(ledger: Ledger): MapValue {
  return MapValue.from([...ledger.accounts].map(([id, account]) => [id, id === ROOT ? withSoft(accountValue(account), ledger) : accountValue(account)]));
}

function accountValue({ grant, used, held }: Account): MapValue {
  return MapValue.of(keyword('grant'), amountsValue(grant), keyword('used'), amountsValue(used), keyword('held'), MapValue.from([...held].map(([call, amounts]) => [call, amountsValue(amounts)])));
}

function withSoft(root: MapValue, { soft, passed }: Ledger): MapValue {
  return Object.keys(soft).length === 0 ? root : root.set(keyword('soft'), amountsValue(soft)).set(keyword('passed'), Vector.adopt(passed.map((name) => keyword(name))));
}

/** What the run has used in all, and what it was given: `{:used {:calls 6} :granted {:calls 10}}`, with `:soft {:calls 5}` when there are soft amounts. */
export function spentValue(ledger: Ledger): MapValue {
  const value = MapValue.of(keyword('used'), amountsValue(spent(ledger)), keyword('granted'), amountsValue(ledger.accounts.get(ROOT)!.grant));
  return Object.keys(ledger.soft).length === 0 ? value : value.set(keyword('soft'), amountsValue(ledger.soft));
}

export function readLedger(value: Value): Result<Ledger, string> {
  if (!(value instanceof MapValue)) return { ok: false, error: 'this is no ledger' };
  const accounts = new Map<string, Account>();
  for (const [id, item] of value) {
    const account = readAccount(item);
    if (typeof id !== 'string' || account === null) return { ok: false, error: 'an account of the ledger is damaged' };
    accounts.set(id, account);
  }
  const root = value.get(ROOT);
  const extra = root instanceof MapValue ? readSoft(root) : null;
  if (!accounts.has(ROOT)) return { ok: false, error: 'the ledger has no account of the run' };
  return extra === null ? { ok: false, error: 'an account of the ledger is damaged' } : { ok: true, value: { accounts, ...extra } };
}

function readSoft(root: MapValue): Pick<Ledger, 'soft' | 'passed'> | null {
  const written = root.get(keyword('soft'));
  if (written === undefined) return { soft: {}, passed: [] };
  const [soft, told] = [readAmounts(written), root.get(keyword('passed'))];
  const passed = told instanceof Vector ? told.toArray().map((name) => AMOUNT_NAMES.find((one) => name instanceof Keyword && name.name === one)) : [undefined];
  return soft === null || passed.includes(undefined) ? null : { soft, passed: passed.filter((name) => name !== undefined) };
}

function readAccount(value: Value): Account | null {
  if (!(value instanceof MapValue)) return null;
  const [grant, used, calls] = ['grant', 'used', 'held'].map((name) => value.get(keyword(name)));
  const [granted, spentSoFar] = [readAmounts(grant), readAmounts(used)];
  if (granted === null || spentSoFar === null || !(calls instanceof MapValue)) return null;
  const held = new Map<string, Amounts>();
  for (const [call, amounts] of calls) {
    const read = readAmounts(amounts);
    if (typeof call !== 'string' || read === null) return null;
    held.set(call, read);
  }
  return { grant: granted, used: spentSoFar, held };
}
