/**
 * A look at a recorded run: one moment at a time, forwards and backwards. Each command gives a reply, as text and as data; nothing is read
 * or written here.
 */
import type { Result } from '../../diagnostic/diagnostic.ts';
import { suggest } from '../../diagnostic/suggest.ts';
import { keyText, valueJson } from '../../evaluator/event-value.ts';
import type { Keeping } from '../../host/durable/driver.ts';
import { forkFrom } from '../../host/durable/fork.ts';
import type { Moment, Timeline } from '../../host/durable/timeline.ts';
import { readValue } from '../../parser/datum.ts';
import { MapValue } from '../../value/map.ts';
import { printBrief } from '../../value/print.ts';
import { Keyword, keyword, type Value } from '../../value/value.ts';
import { Vector } from '../../value/vector.ts';
import { type Breakpoint, breakpointText, mayStopIn, readBreakpoint, stopsAt } from './debug-break.ts';
import { changesBetween, contextsOf, framesOf, heldBy, visibleFrom } from '../../host/durable/inspection.ts';
import { momentJson, momentText } from './debug-text.ts';
import { lastWriter } from './debug-why.ts';
import { readAnswers } from './fork.ts';
import { personOf } from './person.ts';
import { newRunId } from './run.ts';

export interface Reply {
  readonly text: string;
  readonly data: unknown;
}

type Answered = Result<Reply, string>;

export interface DebugPlace {
  /** What means the same place on the command line. */
  readonly option: string;
  /** Whether a new run can be made where this one is. */
  readonly mayFork: boolean;
}

/** Characters of one value. */
const SHOWN_MAX = 2_000;

export const DEBUG_COMMANDS: Readonly<Record<string, string>> = {
  step: 'to the next moment',
  back: 'to the moment before',
  goto: 'goto N: to where event N has happened; goto 0 to the start, goto end to the end',
  continue: 'forwards to the next breakpoint, or to the end',
  rcontinue: 'backwards to a breakpoint, or to the start',
  break: 'break step NAME, key KEY, call CAPABILITY or form FUNCTION; without more lists them',
  delete: 'delete N takes breakpoint N away',
  where: 'the calls that are open, innermost first',
  locals: 'locals N: what call N of `where` holds; the innermost one unless given',
  context: 'all contexts that are open, with their keys',
  inspect: 'inspect KEY …: a value that is visible, and what is inside: inspect :cart 0 :price',
  diff: 'diff A B: what is different in the contexts after events A and B, or end',
  why: 'why KEY: who has written it last',
  fork: 'fork CALL=VALUE …: a new run that goes on from here',
  help: 'this overview',
  quit: 'leaves',
};

const SHORT: Readonly<Record<string, string>> = { s: 'step', b: 'back', c: 'continue', rc: 'rcontinue', q: 'quit', exit: 'quit', w: 'where' };

export class DebugSession {
  private readonly keeping: Keeping;
  private readonly timeline: Timeline;
  private readonly place: DebugPlace;
  private readonly breakpoints: Breakpoint[] = [];
  /** Functions whose entries are moments. A new set when they change. */
  private names: ReadonlySet<string> = new Set();
  private here: Moment;

  private constructor(keeping: Keeping, timeline: Timeline, place: DebugPlace, here: Moment) {
    this.keeping = keeping;
    this.timeline = timeline;
    this.place = place;
    this.here = here;
  }

  static async open(keeping: Keeping, timeline: Timeline, place: DebugPlace): Promise<Result<DebugSession, string>> {
    const first = await timeline.moments(0, new Set());
    return first.ok ? { ok: true, value: new DebugSession(keeping, timeline, place, first.value[0]!) } : first;
  }

  /** What there is to see at the start. */
  moment(): Reply {
    return { text: momentText(this.here, this.timeline), data: momentJson(this.here, this.timeline) };
  }

  /** Null: the user wants to leave. The error says what is wrong with the command. */
  async carryOut(line: string): Promise<Answered | null> {
    const [, word = '', rest = ''] = /^\s*(\S+)\s*(.*?)\s*$/s.exec(line) ?? [];
    const command = Object.hasOwn(SHORT, word) ? SHORT[word]! : word;
    switch (command) {
      case 'quit':
        return null;
      case 'step':
        return this.arrive(await this.after(this.here), 'this is the end of what is recorded');
      case 'back':
        return this.arrive(await this.beforeIt(this.here), 'this is the start');
      case 'goto':
        return this.goTo(rest);
      case 'continue':
        return this.run(true);
      case 'rcontinue':
        return this.run(false);
      case 'break':
        return this.setBreakpoint(rest);
      case 'delete':
        return this.deleteBreakpoint(rest);
      case 'where':
        return ok(this.where());
      case 'locals':
        return this.locals(rest);
      case 'context':
        return ok(this.context());
      case 'inspect':
        return this.inspect(rest);
      case 'diff':
        return this.diff(rest);
      case 'why':
        return this.why(rest);
      case 'fork':
        return this.fork(rest);
      case 'help':
        return ok({ text: Object.entries(DEBUG_COMMANDS).map(([name, text]) => `  ${name.padEnd(10)} ${text}\n`).join(''), data: DEBUG_COMMANDS });
      default: {
        const meant = suggest(command, Object.keys(DEBUG_COMMANDS), 1)[0];
        return { ok: false, error: `there is no command ${command}${meant === undefined ? '; `help` lists them' : `; did you mean ${meant}?`}` };
      }
    }
  }

  // ── moving ───────────────────────────────────────────────────────────────────────────────────────────────────────

  private arrive(moment: Result<Moment | null, string>, none: string): Answered {
    if (!moment.ok) return moment;
    if (moment.value === null) return { ok: false, error: none };
    this.here = moment.value;
    return ok(this.moment());
  }

  private async after({ index, isEnd, fuel }: Moment): Promise<Result<Moment | null, string>> {
    if (isEnd) return index + 1 < this.timeline.tape.stretches.length ? this.momentOf(index + 1, (moments) => moments[0]!) : { ok: true, value: null };
    return this.momentOf(index, (moments) => moments.find((one) => one.fuel < fuel) ?? moments.at(-1)!);
  }

  private async beforeIt({ index, isEnd, fuel }: Moment): Promise<Result<Moment | null, string>> {
    const moments = await this.timeline.moments(index, this.names);
    if (!moments.ok) return moments;
    const earlier = moments.value.findLast((one) => (isEnd ? !one.isEnd : one.fuel > fuel));
    if (earlier !== undefined) return { ok: true, value: earlier };
    return index === 0 ? { ok: true, value: null } : this.momentOf(index - 1, (all) => all.at(-1)!);
  }

  private async momentOf(index: number, choose: (moments: readonly Moment[]) => Moment): Promise<Result<Moment, string>> {
    const moments = await this.timeline.moments(index, this.names);
    return moments.ok ? { ok: true, value: choose(moments.value) } : moments;
  }

  private async goTo(text: string): Promise<Answered> {
    const moment = await this.momentAt(text);
    return moment.ok ? this.arrive(moment, '') : moment;
  }

  /** The first moment at which so many events have happened. */
  private async momentAt(text: string): Promise<Result<Moment, string>> {
    if (text === 'end') return this.momentOf(this.timeline.tape.stretches.length - 1, (moments) => moments.at(-1)!);
    const count = this.timeline.events.length;
    const event = /^\d+$/.test(text) ? Number(text) : Number.NaN;
    if (!(event <= count)) return { ok: false, error: `expected the number of an event, from 0 to ${count}, or end${text === '' ? '' : `; found ${text}`}` };
    return this.momentOf(this.timeline.stretchOf(event), (moments) => moments.find((one) => one.event >= event) ?? moments.at(-1)!);
  }

  private async run(isForwards: boolean): Promise<Answered> {
    const { timeline, breakpoints } = this;
    const last = timeline.tape.stretches.length - 1;
    let here = this.here;
    for (;;) {
      const next = await (isForwards ? this.after(here) : this.beforeIt(here));
      if (!next.ok) return next;
      if (next.value === null) return this.arrive({ ok: true, value: here === this.here ? null : here }, isForwards ? 'this is the end of what is recorded' : 'this is the start');
      here = next.value;
      if (breakpoints.some((one) => stopsAt(one, here, timeline))) return this.arrive({ ok: true, value: here }, '');
      // Whole stretches without anything to stop at are passed over.
      let index = here.index;
      const goal = isForwards ? last : 0;
      while (index !== goal && !breakpoints.some((one) => mayStopIn(one, index, timeline))) index += isForwards ? 1 : -1;
      if (index === here.index) continue;
      // The moment next to it, from where the search goes on.
      const beside = isForwards ? index - 1 : index + 1;
      if (beside === here.index) continue;
      const moved = await this.momentOf(beside, (moments) => (isForwards ? moments.at(-1)! : moments[0]!));
      if (!moved.ok) return moved;
      here = moved.value;
    }
  }

  // ── breakpoints ──────────────────────────────────────────────────────────────────────────────────────────────────

  private setBreakpoint(text: string): Answered {
    if (text !== '') {
      const breakpoint = readBreakpoint(text);
      if (!breakpoint.ok) return breakpoint;
      this.breakpoints.push(breakpoint.value);
      this.lookForNames();
    }
    return ok(this.breakpointsShown());
  }

  private deleteBreakpoint(text: string): Answered {
    const number = /^\d+$/.test(text) ? Number(text) : 0;
    if (number < 1 || number > this.breakpoints.length) return { ok: false, error: `there is no breakpoint ${text}` };
    this.breakpoints.splice(number - 1, 1);
    this.lookForNames();
    return ok(this.breakpointsShown());
  }

  private lookForNames(): void {
    const names = new Set(this.breakpoints.flatMap((one) => (one.kind === 'form' ? [one.name] : [])));
    if (names.size !== this.names.size || [...names].some((name) => !this.names.has(name))) this.names = names;
  }

  private breakpointsShown(): Reply {
    const texts = this.breakpoints.map(breakpointText);
    return { text: texts.length === 0 ? 'no breakpoints\n' : texts.map((text, index) => `  ${index + 1}  ${text}\n`).join(''), data: { breakpoints: texts } };
  }

  // ── looking ──────────────────────────────────────────────────────────────────────────────────────────────────────

  private where(): Reply {
    const frames = framesOf(this.here.state);
    let fiber = 'main';
    const lines = frames.map((one) => {
      const head = one.fiber === fiber ? '' : `${one.fiber}\n`;
      fiber = one.fiber;
      return `${head}  #${one.number}  ${one.name}${one.place === null ? '' : `  ${one.place}`}\n`;
    });
    return { text: lines.length === 0 ? 'no call is open\n' : lines.join(''), data: { frames: frames.map(({ fiber: of, number, name, place }) => ({ fiber: of, number, name, place })) } };
  }

  private locals(text: string): Answered {
    const frames = framesOf(this.here.state);
    const number = text === '' ? 0 : /^\d+$/.test(text) ? Number(text) : -1;
    const found = frames[number];
    if (found === undefined) return { ok: false, error: frames.length === 0 ? 'no call is open' : `the calls have the numbers 0 to ${frames.length - 1}` };
    const held = heldBy(found.frame);
    const lines = held.map(({ kind, number: at, value }) => `  ${kind} ${at}  ${shown(value)}\n`);
    return ok({ text: lines.length === 0 ? `${found.name} holds nothing\n` : lines.join(''), data: { frame: number, name: found.name, held: held.map((one) => ({ ...one, value: json(one.value) })) } });
  }

  private context(): Reply {
    const contexts = contextsOf(this.here.state);
    const text = contexts.map(({ id, entries }) => `${id}\n${entries.map(([key, value]) => `  :${key} ${shown(value)}\n`).join('')}`).join('');
    return { text, data: { contexts: contexts.map(({ id, entries }) => ({ id, data: Object.fromEntries(entries.map(([key, value]) => [key, json(value)])) })) } };
  }

  private inspect(text: string): Answered {
    const path = readValue(`[${text}]`);
    const items = path.ok && path.value instanceof Vector ? path.value.toArray() : [];
    if (items.length === 0) return { ok: false, error: 'name a key that is visible: inspect :cart 0 :price' };
    let value: Value = visibleFrom(this.here.state);
    for (const [index, item] of items.entries()) {
      const inner = valueIn(value, index === 0 ? asKey(item) : item);
      if (inner === undefined) return { ok: false, error: `there is no ${shown(item)} in ${index === 0 ? 'the contexts that are visible here' : shown(value)}` };
      value = inner;
    }
    return ok({ text: `${shown(value)}\n`, data: { path: items.map(json), value: json(value) } });
  }

  private async diff(text: string): Promise<Answered> {
    const [a = '', b = ''] = text.split(/\s+/);
    const [left, right] = [await this.momentAt(a), await this.momentAt(b)];
    if (!left.ok) return left;
    if (!right.ok) return right;
    const changes = changesBetween(left.value.state, right.value.state);
    const lines = changes.map(({ context, key, before, after }) => {
      if (before === undefined) return `+ ${context} :${key} ${shown(after!)}\n`;
      return after === undefined ? `- ${context} :${key} ${shown(before)}\n` : `~ ${context} :${key} ${shown(before)} → ${shown(after)}\n`;
    });
    const data = { changes: changes.map(({ context, key, before, after }) => ({ context, key, before: before === undefined ? null : json(before), after: after === undefined ? null : json(after) })) };
    return ok({ text: lines.length === 0 ? 'the contexts are the same\n' : lines.join(''), data });
  }

  private why(text: string): Answered {
    const read = readValue(text);
    if (!read.ok) return { ok: false, error: 'name a key: why :price' };
    const key = keyText(read.value);
    const writer = lastWriter(this.timeline, this.here, key);
    if (writer === null) return { ok: false, error: `nothing has written :${key} so far` };
    const value = visibleFrom(this.here.state).get(asKey(read.value));
    return ok({
      text: `:${key}${value === undefined ? ' (not visible here)' : ` = ${shown(value)}`}  ${writer.text}\n`,
      data: { key, value: value === undefined ? null : json(value), ...writer.data },
    });
  }

  private async fork(text: string): Promise<Answered> {
    const { keeping, timeline, here, place: { option, mayFork } } = this;
    if (!mayFork) return { ok: false, error: `the run is not in a store: \`rtfs fork ${timeline.tape.run}${option} --at ${here.seq}\` makes a run of it there` };
    const answers = readAnswers(text === '' ? [] : text.split(/\s+(?=[\d.]+=)/));
    if (!answers.ok) return { ok: false, error: answers.error.message };
    const id = newRunId(keeping.clock.nowMs());
    const memory = await timeline.memoryAt(here);
    if (!memory.ok) return memory;
    const point = { state: here.state, memory: memory.value, turn: timeline.tape.turnOf(here.index), seq: here.seq };
    const forked = await forkFrom(keeping, timeline.tape, point, { id, answers: answers.value, who: personOf(null) });
    if (!forked.ok) return forked;
    return ok({ text: `forked: \`rtfs resume ${id}${option}\` goes on from here\n`, data: { run: id, from: timeline.tape.run, seq: here.seq } });
  }
}

function ok(reply: Reply): Answered {
  return { ok: true, value: reply };
}

function shown(value: Value): string {
  return printBrief(value, SHOWN_MAX);
}

function json(value: Value): unknown {
  return JSON.parse(valueJson(value));
}

/** Keys of contexts are keywords; people may leave the colon away. */
function asKey(value: Value): Value {
  return keyword(keyText(value));
}

function valueIn(value: Value, key: Value): Value | undefined {
  if (value instanceof MapValue) return value.get(key) ?? (key instanceof Keyword ? value.get(key.name) : undefined);
  return value instanceof Vector && typeof key === 'number' && key >= 0 && key < value.size ? value.get(key) : undefined;
}
