/**
 * What is kept under `test/golden/journal/v1`: a record of every kind as bytes and as text, and a store with runs in all conditions, whose
 * heads are signed. Written once and never again: to make new ones, while nothing is published, the folder is deleted and the tests are run.
 */
import { MapValue } from '../../src/value/map.ts';
import { Closure, ErrorValue, keyword, makeFloat, Timestamp } from '../../src/value/value.ts';
import { Vector } from '../../src/value/vector.ts';
import { type DraftData, type JournalRecord, recordData, type RecordKind } from '../../src/host/journal/record.ts';

const HASH = '0123456789abcdef'.repeat(4);
const GROUP = 'ab'.repeat(32);

function error(message: string): ErrorValue {
  return new ErrorValue(keyword('error/host'), message, MapValue.of(keyword('code'), 503), null, null);
}

function call(id: string, data: DraftData = {}): DraftData {
  return { turn: 3, call: id, capability: 'shop.price', args: Vector.of('bolts', 40), ...data };
}

const APPROVAL = MapValue.of(keyword('by'), 'human:ann', keyword('verdict'), keyword('approve'), keyword('hash'), HASH);

/** What stands in records of each kind, as the table in `src/host/durable/facts.ts` says; kinds that nobody writes yet have something. */
const DATA: Readonly<Record<RecordKind, readonly DraftData[]>> = {
  'run-started': [
    { program: HASH, name: 'plan.rtfs' },
    {
      program: HASH, name: 'größe.rtfs', variables: MapValue.of('who', 'ann', 'n', 2n ** 70n), limits: MapValue.of(keyword('fuel'), 1_000_000, keyword('time'), makeFloat(2)),
      context: MapValue.of(keyword('a'), Vector.of(1, 2)), isolations: Vector.of(keyword('inherit'), keyword('strict')), authority: MapValue.of(keyword('grants'), Vector.of('shop.*')),
      'authority-key': '0123456789abcdef', 'authority-signature': '7f'.repeat(64), from: 'other', seq: 12, hash: HASH,
    },
  ],
  'run-forked': [{ run: 'other', seq: 5 }],
  'run-resumed': [{ host: 'machine', process: 4711 }],
  'run-waiting': [{ waits: Vector.of(MapValue.of(keyword('call'), '1', keyword('kind'), keyword('person'), keyword('question'), 'Who?')) }],
  'run-complete': [{ value: null }, { value: new Closure({ group: GROUP, unit: 2, name: null }, ['captured']) }, { 'value-content': HASH }],
  'run-failed': [{ error: error('the shop is closed') }],
  'run-cancelled': [{ error: error('cancelled') }],
  'call-requested': [call('7', { determinism: keyword('live') }), call('b1.7', { refused: 'not allowed', id: 'shop.price.v2', due: 1_700_000_060_000, options: MapValue.of(keyword('timeout-ms'), 5), step: 'root/plan' })],
  'call-answered': [{ turn: 4, call: '7', value: MapValue.of('price', 0.25, 'at', new Timestamp(1_700_000_000_000)) }, { turn: 4, call: '8', error: error('closed'), by: keyword('person'), who: 'human:ann', 'duration-ms': 17, quanta: Vector.of(5_000_000) }],
  'turn-ended': [{ turn: 4, events: Vector.of('{"at":"1","kind":"step-started","step":"root/plan"}', '{"at":"2","kind":"step-completed","step":"root/plan"}') }],
  checkpoint: [{ root: HASH, turn: 4, reason: keyword('policy'), open: MapValue.of('7', Vector.of(null, true, true, null, null), '8', Vector.of(5, false, false, 1_700_000_000_000, HASH)), label: 'here' }],
  'context-patched': [{ turn: 5, data: MapValue.of(keyword('n'), 1), policy: keyword('overwrite'), who: 'human:ann' }],
  'value-fetched': [{ hash: HASH, bytes: 70_000 }],
  'approval-requested': [call('9', { rule: 'large orders', question: 'Order 3 lamps?', shown: MapValue.of(keyword('args'), Vector.of(3)), hash: HASH })],
  'approval-granted': [{ call: '9', approval: APPROVAL }],
  'approval-denied': [{ call: '9', approval: APPROVAL.set(keyword('verdict'), keyword('deny')) }],
  'governance-denied': [{ call: '7', denial: MapValue.of(keyword('rule'), 'no payments at night') }, { turn: 3, at: '1.2', step: 'root/plan/b', into: 'root/plan', verdict: keyword('deny'), rule: 'no secrets', keys: Vector.of(keyword('token')), error: error('not merged') }],
  'hint-applied': [{ call: '7', hint: keyword('retry'), capability: 'shop.price', detail: 'attempt 2 of 3' }],
  'call-planned': [{ call: '7', at: Vector.of(1_700_000_000_000, 1_700_000_000_250), next: keyword('wait'), until: 1_700_000_000_500 }],
  'attempt-started': [{ call: '7', attempt: 2, determinism: keyword('idempotent'), id: 'shop.price.v2', due: 1_700_000_060_000, held: MapValue.of(keyword('calls'), 1) }],
  'attempt-ended': [{ call: '7', target: 'shop.price', capability: 'shop.price.v2', started: 1_700_000_000_000, ended: 1_700_000_000_020, error: error('busy'), used: MapValue.of(keyword('calls'), 1, keyword('cost'), 0.5) }],
  delegated: [{ call: '7', to: 'shop.price.v2' }],
  'budget-exhausted': [{ call: '7', budget: keyword('calls'), step: 'root/plan', granted: 10, left: 0, wanted: 1 }],
  'grant-changed': [{ budget: MapValue.of(keyword('calls'), 20) }],
  'call-repeated': [{ call: '7', who: 'human:ann' }],
  'cancel-requested': [{ turn: 6, reason: 'no longer needed', who: 'human:ann', quanta: Vector.of(5_000_000, 100) }],
  'message-ignored': [{ message: 3, reason: 'no call 5 waits for an answer' }],
  'callback-started': [{ call: '3', number: 1, run: 'r~3~1' }],
  'budget-passed': [{ budget: keyword('cost'), soft: 2_500_000, used: 2_500_001 }],
  'branch-given': [{ path: '2.0.', state: HASH, worker: 'http://127.0.0.1:4001/' }],
  'branch-returned': [{ path: '2.0.', given: HASH, state: GROUP, run: 'r~branch~2.0', seq: 9, hash: HASH }, { path: '2.1.', given: HASH, state: GROUP, 'worker-state': HASH }],
};

/** By the name of the file. */
export function goldenRecords(): readonly (readonly [string, JournalRecord])[] {
  return (Object.entries(DATA) as [RecordKind, readonly DraftData[]][]).flatMap(([kind, all], place) =>
    all.map((data, i) => [`${kind}-${i + 1}`, { run: 'golden', seq: 10 * place + i + 1, previous: HASH, timeMs: 1_700_000_000_000 + place, kind, data: recordData(data) }] as const),
  );
}

/** The runs of the store: what they do, and how they end. */
export const GOLDEN_RUNS: readonly { readonly id: string; readonly text: string; readonly status: 'complete' | 'failed' | 'cancelled' | 'waiting' }[] = [
  { id: 'complete', status: 'complete', text: '(step "all" (let [all (pmap (fn [n] (call :echo n)) [1 2 3])] (context/set :sum (reduce + 0 all)) (call :pay (context/get :sum))))' },
  { id: 'failed', status: 'failed', text: '(try (call :echo 1) (finally (call :fail "closed")))' },
  { id: 'cancelled', status: 'cancelled', text: '(try (do (call :echo "x") (call :user.ask "Go on?")) (finally (call :pay 7)))' },
  { id: 'waiting', status: 'waiting', text: '(step "order" (let [who (call :echo {:name "ann" :tags ["a" "a"]})] (if (= "yes" (call :user.ask "Order?")) {:ordered (call :pay 3) :by who} :no)))' },
];

