/**
 * What came of a call, as the result of a step: version 1.
 *
 *   bytes = the canonical document of one vector: ["rtfs/made" 1 data], data a map from keywords to values
 *     :answered  now  value | value-content | error | error-content [+ cost tokens calls bytes refused denial]     :ready  now token
 *     :held      now hold [+ question rule shown hash [withholds]] [+ duration-ms]
 *
 * `now` is the time of whoever made it, in milliseconds since 1970. `ready`: the call may be made, and the world would feel it twice;
 * it is made in a step of its own, by the attempt that knows the token. A large value is content of its own, as in records of a journal.
 */
import { decodeValue, encodeValue } from '../../value/bytes.ts';
import type { DecodeOptions } from '../../value/bytes-decode.ts';
import { hashValue } from '../../value/hash.ts';
import { MapValue } from '../../value/map.ts';
import { Float, keyword, makeFloat, type Value } from '../../value/value.ts';
import { Vector } from '../../value/vector.ts';
import { Facts, lighten, RECORD_BYTES_MAX, whole } from '../durable/facts.ts';
import type { Hold } from '../hold.ts';
import { type DraftData, recordData } from '../journal/record.ts';
import type { Answer, HostCall, Usage } from '../port.ts';
import type { Content } from '../store/port.ts';
import type { EngineContent } from './port.ts';

export type Made =
  /** `denial`: why the policy did not allow it (`security/denial.ts`); null when it did. */
  | { readonly kind: 'answered'; readonly answer: Answer; readonly usage: Usage | null; readonly isRefused: boolean; readonly denial: Value }
  | { readonly kind: 'held'; readonly hold: Hold }
  | { readonly kind: 'ready'; readonly token: string };

const TAG = 'rtfs/made';
const VERSION = 1;

export async function encodeMade(made: Made, nowMs: number, store: EngineContent): Promise<Uint8Array> {
  return encodeLight(TAG, VERSION, { ...madeData(made), kind: keyword(made.kind), now: nowMs }, store);
}

/** What came of a call, and when. `readerOf` gives how a text is read that somebody says to it. */
export async function decodeMade(bytes: Uint8Array, call: HostCall, readerOf: ReaderOf, store: EngineContent, code: DecodeOptions): Promise<{ readonly made: Made; readonly nowMs: number }> {
  const facts = await decodeLight(TAG, VERSION, bytes, store, code);
  return { made: madeIn(facts, call, readerOf), nowMs: facts.number('now') ?? 0 };
}

type ReaderOf = (call: HostCall) => Extract<Hold, { kind: 'person' }>['read'];

/** The document of a map; what is large in it is written to the store. */
export async function encodeLight(tag: string, version: number, data: DraftData, store: EngineContent): Promise<Uint8Array> {
  const bytes = encodeValue(Vector.of(tag, version, recordData(data)));
  if (bytes.length <= RECORD_BYTES_MAX) return bytes;
  const content: Content[] = [];
  const light = lighten(data, content);
  for (const one of content) await store.write(one.hash, one.bytes);
  return encodeValue(Vector.of(tag, version, recordData(light)));
}

/** The map of such a document, whole. Throws for what is none: a worker that cannot read what another one wrote leaves it to others. */
export async function decodeLight(tag: string, version: number, bytes: Uint8Array, store: EngineContent, code: DecodeOptions): Promise<Facts> {
  const decoded = decodeValue(bytes, code);
  const [found, foundVersion, data] = decoded.ok && decoded.value instanceof Vector ? decoded.value.toArray() : [];
  if (found !== tag || !(data instanceof MapValue)) throw new Error(`this is no ${tag}`);
  if (foundVersion !== version) throw new Error(`${tag} has format version ${String(foundVersion)}, this RTFS reads ${version}`);
  const read = async (hash: string): Promise<Value | undefined> => {
    const held = await store.read(hash);
    const value = held === null ? null : decodeValue(held, code);
    return value?.ok === true && hashValue(value.value) === hash ? value.value : undefined;
  };
  const all = await whole(data, read);
  if (all === null) throw new Error(`content that ${tag} needs is not there or is damaged`);
  return new Facts(all);
}

function madeData(made: Made): DraftData {
  switch (made.kind) {
    case 'answered':
      return { ...(made.answer.ok ? { value: made.answer.value } : { error: made.answer.error }), ...(made.usage === null ? {} : { cost: makeFloat(made.usage.cost), tokens: makeFloat(made.usage.tokens), calls: made.usage.calls || undefined, bytes: made.usage.bytes || undefined }), refused: made.isRefused || undefined, denial: made.denial ?? undefined };
    case 'ready':
      return { token: made.token };
    case 'held':
      return holdData(made.hold);
  }
}

function holdData(hold: Hold): DraftData {
  const kind = keyword(hold.kind);
  switch (hold.kind) {
    case 'timer':
      return { hold: kind, 'duration-ms': hold.durationMs };
    case 'person':
      return { hold: kind, question: hold.question };
    case 'unsure':
    case 'pause':
      return { hold: kind };
    case 'approval':
      return { hold: kind, rule: hold.approval.rule, question: hold.approval.question, shown: hold.approval.shown, hash: hold.hash, withholds: hold.withheld !== undefined || undefined };
  }
}

function madeIn(facts: Facts, call: HostCall, readerOf: ReaderOf): Made {
  switch (facts.text('kind')) {
    case 'ready':
      return { kind: 'ready', token: facts.text('token') ?? '' };
    case 'held':
      return { kind: 'held', hold: holdIn(facts, call, readerOf) };
    default: {
      const error = facts.error('error');
      const [cost, tokens] = [facts.value('cost'), facts.value('tokens')];
      const usage = cost instanceof Float && tokens instanceof Float ? { cost: cost.value, tokens: tokens.value, calls: facts.number('calls') ?? 0, bytes: facts.number('bytes') ?? 0 } : null;
      return { kind: 'answered', usage, isRefused: facts.is('refused'), denial: facts.value('denial'), answer: error === null ? { id: call.id, ok: true, value: facts.value('value') } : { id: call.id, ok: false, error } };
    }
  }
}

function holdIn(facts: Facts, call: HostCall, readerOf: ReaderOf): Hold {
  const question = facts.text('question') ?? '';
  switch (facts.text('hold')) {
    case 'timer':
      return { kind: 'timer', durationMs: facts.number('duration-ms') ?? 0 };
    case 'person':
      return { kind: 'person', question, read: readerOf(call) };
    case 'approval': {
      const shown = facts.value('shown');
      // What the call may use, and what its capability sees, is decided again when it is made.
      return { kind: 'approval', approval: { rule: facts.text('rule') ?? '', question, shown: shown instanceof MapValue ? shown : MapValue.empty(), grants: [] }, hash: facts.text('hash') ?? '', ...(facts.is('withholds') ? { withheld: null } : {}) };
    }
    default:
      return { kind: 'unsure' };
  }
}
