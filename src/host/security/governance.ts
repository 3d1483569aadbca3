/**
 * The constitution's say on what moves inside of a run: merges, and what capabilities are shown (EC-21).
 *
 * The kernel knows nothing of it. A turn is a pure function, so it can be taken twice: the host looks at the merges that a
 * turn tells of before anything of it is written down or any call is taken up; when one is not allowed the turn is forgotten and
 * taken again with that merge refused, so that the step fails there and what is around it was never changed.
 *
 * - G1 Nothing of a turn with a merge that is not allowed is ever acknowledged.
 * - G2 Keys are judged with everything that went into their values (`lineage.ts`), so that moving a value to another key does not help.
 * - G3 A turn with a merge that a person has to allow has not happened until they have said so: it is taken again with their word. Where
 *   nobody can be asked it is refused.
 * - G4 A key that a person has to allow to be seen is asked about before the call is made, bound to the hash of its value; when they say no, or nobody can be
 *   asked, the call is made without it, as if a rule denied it.
 */
import type { Event } from '../../evaluator/event.ts';
import { errorValue } from '../../evaluator/raise.ts';
import { hashValue } from '../../value/hash.ts';
import { MapValue } from '../../value/map.ts';
import { ErrorValue, keyword, type Value } from '../../value/value.ts';
import { Vector } from '../../value/vector.ts';
import type { DraftData } from '../journal/record.ts';
import type { Exposure, HeldMerge, HostCall, Isolation, Turn, Word } from '../port.ts';
import { shownForApproval } from './approval.ts';
import { type Constitution, type Ruling, ruleOn, type TracedKey } from './constitution.ts';
import { emptyLineage, isolationAt, keyName, type Lineage, sourcesMerged, sourcesSeen, Tracing } from './lineage.ts';

/** A merge that the constitution does not allow, or not without a person. */
export interface Refusal {
  /** The position of the merge: the same each time the turn is taken. */
  readonly at: string;
  readonly step: string;
  readonly into: string;
  readonly verdict: 'deny' | 'require-approval';
  /** Null when no rule matched, and the constitution denies what no rule allows. */
  readonly rule: string | null;
  /** Sorted. */
  readonly keys: readonly string[];
  /** What the step fails with. */
  readonly error: ErrorValue;
  /** How the rule puts it to a person; null: it says nothing. */
  readonly question: string | null;
}

/** What the journal says of it. */
export function refusalFacts({ at, step, into, verdict, rule, keys, error }: Refusal, turn: number): DraftData {
  return { turn, at, step, into, verdict: keyword(verdict), rule, keys: Vector.adopt(keys.map((key) => keyword(key))), error };
}

/** What merges are called where calls have their capability. */
export const MERGE = 'context.merge';

/** A merge that a person has to allow. */
export type MergeQuestion = Pick<HeldMerge<unknown>, 'call' | 'approval'>;

/** What a person has said to it; null: nothing yet. */
export type WordOn = (question: MergeQuestion) => Word | null;

/** The first merge of the turn that is not allowed, or that somebody has to be asked about; else what has become of the lineage. */
type Vetting = { readonly kind: 'allowed'; readonly lineage: Lineage } | { readonly kind: 'refused'; readonly refusal: Refusal } | { readonly kind: 'held'; readonly question: MergeQuestion };

function vetTurn(constitution: Constitution, lineage: Lineage, events: readonly Event[], wordOn: WordOn): Vetting {
  const tracing = new Tracing(lineage);
  for (const event of events) {
    if (event.kind === 'merged') {
      const refusal = refusalOf(constitution, tracing, event);
      if (refusal?.verdict === 'deny') return { kind: 'refused', refusal };
      const question = refusal === null ? null : questionOn(refusal, isolationAt(tracing, event.step));
      const word = question === null ? ALLOWED : wordOn(question);
      if (word === null) return { kind: 'held', question: question! };
      if (!word.isAllowed) return { kind: 'refused', refusal: refusedWith(refusal!, word) };
    }
    tracing.follow(event);
  }
  return { kind: 'allowed', lineage: { steps: tracing.steps, sources: tracing.sources } };
}

/** Nobody can be asked: what a person has to allow does not happen. */
const nobodysWord: WordOn = () => ({ isAllowed: false, reason: null });
const ALLOWED: Word = { isAllowed: true };
/** The context whose end it is when a run is cancelled. */
const ROOT = 'root';

/** A person has said no, and why; or the run was cancelled, and the step fails as others do then. */
function refusedWith(refusal: Refusal, { reason, cancels = false }: Exclude<Word, { readonly isAllowed: true }>): Refusal {
  if (reason === null) return refusal;
  if (cancels) return { ...refusal, error: errorValue('cancelled', `Cancelled: ${reason}`, MapValue.of(keyword('step'), ROOT)) };
  const { type, message, data, span, stack } = refusal.error;
  return { ...refusal, error: new ErrorValue(type, `${message.slice(0, -TO_BE_ALLOWED.length)}: ${reason}`, data, span, stack) };
}

/** A person is shown all that decides: which keys go where, and which rule wants to know. */
function questionOn({ at, step, into, rule, keys, question }: Refusal, isolation: Isolation): MergeQuestion {
  const names = Vector.adopt(keys.map((key) => keyword(key)));
  const call: HostCall = { id: at, capability: MERGE, args: [names, into], options: null, span: null, step, isolation };
  const shown = shownForApproval({ capability: MERGE, args: call.args, step, isolation, rule: rule ?? 'otherwise' });
  return { call, approval: { rule: rule ?? 'otherwise', question: question ?? `Merge ${keys.map((key) => `:${key}`).join(' ')} of ${step} into ${into}?`, shown, grants: [] } };
}

function refusalOf(constitution: Constitution, lineage: Lineage, event: Extract<Event, { kind: 'merged' }>): Refusal | null {
  const { at, step, into } = event;
  const keys = [...event.added, ...event.overwritten, ...event.merged].map((key): TracedKey => {
    const name = keyName(key);
    return { key: name, sources: sourcesMerged(lineage, step, name) };
  });
  // What stays as it was has not moved.
  if (keys.length === 0) return null;
  const ruling = ruleOn(constitution, { on: 'merge', keys, isolation: isolationAt(lineage, step), from: step, into });
  if (ruling.verdict === 'allow') return null;
  const names = ruling.rule === null ? keys.map(({ key }) => key).sort() : ruling.keys;
  return { at, step, into, verdict: ruling.verdict, rule: ruling.rule?.id ?? null, keys: names, error: mergeError(ruling, names, step, into), question: ruling.rule?.question ?? null };
}

const TO_BE_ALLOWED = ' (somebody has to allow it)';

function mergeError({ rule, verdict }: Ruling, keys: readonly string[], step: string, into: string): ErrorValue {
  const reason = rule === null ? 'no rule of the constitution allows it' : `rule ${rule.id}: ${rule.reason}`;
  const wait = verdict === 'require-approval' ? TO_BE_ALLOWED : '';
  const what = keys.map((key) => `:${key}`).join(' ');
  const data = MapValue.of(keyword('rule'), rule?.id ?? null, keyword('keys'), Vector.adopt(keys.map((key) => keyword(key))), keyword('step'), step, keyword('into'), into);
  return new ErrorValue(keyword('error/security'), `Security violation: merging ${what} of ${step} into ${into} is not allowed: ${reason}${wait}`, data, null, null);
}

/** A run that is refused one merge after the other in one turn tries to get around the rules. */
export const REFUSALS_MAX = 64;

/** A turn, as far as this looks at it. */
interface Taken {
  readonly events: readonly Event[];
  readonly outcome: unknown;
}

/** What governing a turn gives: the turn that may be acknowledged, unless a question is open, and what was refused on the way. */
export interface GovernedTurn<Once> {
  readonly turn: Once;
  readonly lineage: Lineage;
  readonly refusals: readonly Refusal[];
  /** Null: the turn may be acknowledged. */
  readonly question: MergeQuestion | null;
}

/**
 * Takes a turn until no merge of it is refused any more. `take` resumes the same state with the same answers each time; what it is
 * given goes to the kernel as `refused`. When more than `REFUSALS_MAX` merges were refused the turn is one that has failed, without events.
 */
export function governTurn<Once extends Taken>(
  constitution: Constitution,
  lineage: Lineage,
  take: (refused: ReadonlyMap<string, ErrorValue>) => Once,
  wordOn: WordOn = nobodysWord,
): GovernedTurn<Once | (Omit<Once, 'outcome' | 'events'> & typeof STOPPED)> {
  const refusals: Refusal[] = [];
  const refused = new Map<string, ErrorValue>();
  for (;;) {
    const turn = take(refused);
    const vetting = vetTurn(constitution, lineage, turn.events, wordOn);
    if (vetting.kind === 'allowed') return { turn, lineage: vetting.lineage, refusals, question: null };
    if (vetting.kind === 'held') return { turn, lineage, refusals, question: vetting.question };
    if (refusals.length >= REFUSALS_MAX) return { turn: { ...turn, ...STOPPED }, lineage, refusals, question: null };
    refusals.push(vetting.refusal);
    refused.set(vetting.refusal.at, vetting.refusal.error);
  }
}

/** The first turn of a run, before people have said anything: with a question it has not happened. */
export function governFirst<Once extends Taken>(constitution: Constitution | undefined, { lineage }: { readonly lineage: Lineage | null }, take: (refused: ReadonlyMap<string, ErrorValue>) => Once): Pick<GovernedTurn<Once | (Omit<Once, 'outcome' | 'events'> & typeof STOPPED)>, 'turn' | 'refusals' | 'question'> {
  if (constitution === undefined || !governsContexts(constitution)) return { turn: take(new Map()), refusals: [], question: null };
  return governTurn(constitution, lineage ?? emptyLineage(), take, () => null);
}

const STOPPED_MESSAGE = `Security violation: the constitution refused more than ${REFUSALS_MAX} merges of one turn`;
const STOPPED: { readonly outcome: { readonly kind: 'failed'; readonly error: ErrorValue; readonly byHost: true }; readonly events: readonly Event[] } = {
  outcome: { kind: 'failed', error: new ErrorValue(keyword('error/security'), STOPPED_MESSAGE, null, null, Vector.empty()), byHost: true },
  events: [],
};

export interface GovernorParts {
  /** Where values of the run come from, before the turn that is taken. Absent: the governor follows them itself. */
  readonly lineage?: () => Lineage;
  /** Is told what was refused in a turn that has happened. */
  readonly refused?: (refusals: readonly Refusal[]) => void;
}

type Take<State> = (refused: ReadonlyMap<string, ErrorValue>) => Turn<State, Event>;

/** The constitution's say on one run while somebody drives it, from turn to turn, with the words of people on its merges. */
export class Governor {
  private readonly constitution: Constitution;
  private readonly parts: GovernorParts;
  /** What people have said to merges of the turn that is held, by position. */
  private readonly words = new Map<string, Word>();
  private own: Lineage = emptyLineage();

  constructor(constitution: Constitution, parts: GovernorParts = {}) {
    this.constitution = constitution;
    this.parts = parts;
  }

  private get lineage(): Lineage {
    return this.parts.lineage?.() ?? this.own;
  }

  /** Takes the next turn, as `governTurn`. Whoever cannot ask anybody says no to a turn that is held. */
  take<State>(take: Take<State>): Turn<State, Event> {
    const { turn, lineage, refusals, question } = governTurn(this.constitution, this.lineage, take, ({ call }) => this.words.get(call.id) ?? null);
    if (question !== null) return this.hold(turn, question, take);
    this.own = lineage;
    this.words.clear();
    this.parts.refused?.(refusals);
    return turn;
  }

  /** The turn, which has that merge: it is taken again with a person's word on it. */
  hold<State>(turn: Turn<State, Event>, question: MergeQuestion, take: Take<State>): Turn<State, Event> {
    const again = (word: Word): Turn<State, Event> => {
      this.words.set(question.call.id, word);
      return this.take(take);
    };
    return { ...turn, held: { ...question, again } };
  }

  /** What of the exposed context the call's capability sees. */
  shows(call: Parameters<typeof exposureTo>[2], exposed: MapValue): Exposure {
    return exposureTo(this.constitution, this.lineage, call, exposed);
  }
}

/** Whether the constitution says anything of what moves inside of a run, so that the run needs a governor. */
export function governsContexts({ rules, otherwise }: Constitution): boolean {
  return otherwise.merge !== undefined || otherwise.expose !== undefined || rules.some(({ on }) => on === 'merge' || on === 'expose');
}

/** A host with rules on what moves inside of a run; those on calls its policy has in itself. */
export interface Governed {
  /** Absent: there are none. */
  readonly constitution?: Constitution;
}

/** Whether anything that a constitution says depends on where values come from. */
export function isTracing(constitution: Constitution | undefined): boolean {
  return constitution !== undefined && (governsContexts(constitution) || constitution.rules.some((rule) => rule.on === 'call' && rule.derivedFrom !== null));
}

/** What of the exposed context a capability is shown: without the keys that a rule hides, and those that a person has to allow by themselves. */
export function exposureTo(constitution: Constitution, lineage: Lineage, { capability, step, isolation }: { readonly capability: string; readonly step: string | null; readonly isolation: Isolation }, exposed: MapValue): Exposure {
  const asked: { readonly key: string; readonly value: Value; readonly ruling: Ruling }[] = [];
  let [shown, withheld] = [exposed, exposed];
  for (const [key, value] of exposed) {
    const name = keyName(key);
    const ruling = ruleOn(constitution, { on: 'expose', keys: [{ key: name, sources: sourcesSeen(lineage, step ?? ROOT, name) }], isolation, capability });
    if (ruling.verdict === 'allow') continue;
    withheld = withheld.delete(key);
    if (ruling.verdict === 'deny') shown = shown.delete(key);
    else asked.push({ key: name, value, ruling });
  }
  if (asked.length === 0) return { shown };
  asked.sort((a, b) => (a.key < b.key ? -1 : 1));
  const keys = asked.map(({ key, value, ruling }) => ({ key, rule: ruling.rule?.id ?? 'otherwise', valueHash: hashValue(value) }));
  const question = asked.map(({ ruling }) => ruling.rule?.question ?? null).find((one) => one !== null) ?? null;
  return { shown, asks: { rule: keys[0]!.rule, keys, question, withheld } };
}
