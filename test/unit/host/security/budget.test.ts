import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { compile, startProgram } from '../../../../src/host/compile.ts';
import type { AmountName, Amounts } from '../../../../src/host/amounts.ts';
import { available, closeAccount, exhaustion, followSteps, grantMore, type Ledger, ledgerValue, markPassed, newlyPassed, openLedger, readLedger, release, type Reservation, reserve, settle, spent, subdivide } from '../../../../src/host/security/budget.ts';
import { decodeValue, encodeValue } from '../../../../src/value/bytes.ts';
import { printValue } from '../../../../src/value/print.ts';
import { MapValue } from '../../../../src/value/map.ts';
import { keyword } from '../../../../src/value/value.ts';
import { testEnvironment } from '../../../support/environment.ts';

function saved(ledger: Ledger): Ledger {
  const value = decodeValue(encodeValue(ledgerValue(ledger)));
  const read = value.ok ? readLedger(value.value) : value;
  if (!read.ok) throw new Error('not read');
  return read.value;
}

function held(reservation: Reservation): Ledger {
  if (!reservation.ok) throw new Error(`exhausted: ${reservation.budget}`);
  return reservation.ledger;
}

/** One call from the request to the answer. */
function called(ledger: Ledger, call: string, step: string | null = null, actual: Amounts = {}): Ledger {
  return settle(held(reserve(ledger, call, step, { calls: 1 })), call, step, actual);
}

describe('a budget of ten calls', () => {
  test('that was saved after six has four left, and the eleventh is too much', () => {
    let ledger = openLedger({ calls: 10 });
    for (let i = 1; i <= 6; i++) ledger = called(ledger, String(i));
    ledger = saved(ledger);
    for (let i = 7; i <= 10; i++) ledger = called(ledger, String(i));
    const eleventh = reserve(ledger, '11', null, { calls: 1 });
    expect(eleventh).toEqual({ ok: false, budget: 'calls', step: 'root', granted: 10, left: 0, wanted: 1 });
    const failure = exhaustion(eleventh as Extract<Reservation, { ok: false }>, 'networking');
    expect([failure.kind, failure.message]).toEqual(['budget', 'Resource budget exhausted: calls (policy: networking; 0 of 10 left, 1 wanted; to give it more: --budget calls=N)']);
    expect(printValue(failure.data)).toBe('{:budget :calls :granted 10 :left 0 :step "root" :wanted 1}');
  });

  test('is not charged for what was denied, and is for what failed', () => {
    const ledger = openLedger({ calls: 10 });
    expect(spent(release(held(reserve(ledger, '1', null, { calls: 1 })), '1'))).toEqual({});
    expect(available(release(held(reserve(ledger, '1', null, { calls: 1 })), '1'), 'root', 'calls')).toBe(10);
    expect(spent(called(ledger, '1'))).toEqual({ calls: 1 });
  });

  test('counts the calls under way', () => {
    let ledger = openLedger({ calls: 2 });
    ledger = held(reserve(ledger, '1', null, { calls: 1 }));
    ledger = held(reserve(ledger, '2', null, { calls: 1 }));
    expect(reserve(ledger, '3', null, { calls: 1 }).ok).toBe(false);
    expect(reserve(saved(ledger), '3', null, { calls: 1 }).ok).toBe(false);
    expect(reserve(release(ledger, '2'), '3', null, { calls: 1 }).ok).toBe(true);
  });

  test('can be given more', () => {
    let ledger = openLedger({ calls: 1 });
    ledger = grantMore(called(ledger, '1'), { calls: 2, tokens: 5 });
    expect(available(ledger, 'root', 'calls')).toBe(2);
    expect(available(ledger, 'root', 'tokens')).toBe(Infinity);
  });
});

describe('what a call really took', () => {
  test('is charged, less or more than was held', () => {
    const ledger = held(reserve(openLedger({ tokens: 100, calls: 5 }), '1', null, { calls: 1, tokens: 60 }));
    expect(spent(settle(ledger, '1', null, { tokens: 10 }))).toEqual({ calls: 1, tokens: 10 });
    expect(spent(settle(ledger, '1', null, {}))).toEqual({ calls: 1, tokens: 60 });
    const over = settle(ledger, '1', null, { tokens: 150, bytes: 7 });
    expect(spent(over)).toEqual({ calls: 1, tokens: 150, bytes: 7 });
    expect(reserve(over, '2', null, { tokens: 1 })).toMatchObject({ ok: false, budget: 'tokens', left: 0 });
    expect(reserve(over, '2', null, { calls: 1 }).ok).toBe(true);
  });

  test('all or nothing is held', () => {
    const ledger = openLedger({ calls: 5, cost: 1 });
    expect(reserve(ledger, '1', null, { calls: 1, cost: 2 })).toMatchObject({ ok: false, budget: 'cost' });
    expect(available(ledger, 'root', 'calls')).toBe(5);
  });
});

describe('the account of a step', () => {
  test('is cut out of the one around it, and gives back what is left', () => {
    let ledger = subdivide(openLedger({ calls: 10 }), 'root/a', { calls: 4 });
    expect(available(ledger, 'root', 'calls')).toBe(6);
    ledger = called(ledger, '1', 'root/a/inner');
    expect(available(ledger, 'root/a', 'calls')).toBe(3);
    expect(available(ledger, 'root', 'calls')).toBe(6);
    ledger = closeAccount(ledger, 'root/a');
    expect(available(ledger, 'root', 'calls')).toBe(9);
  });

  test('has no more than is left', () => {
    let ledger = openLedger({ calls: 10 });
    for (let i = 1; i <= 7; i++) ledger = called(ledger, String(i));
    ledger = subdivide(ledger, 'root/a', { calls: 5, tokens: 9 });
    expect(ledger.accounts.get('root/a')!.grant).toEqual({ calls: 3, tokens: 9 });
    expect(subdivide(ledger, 'root/b', { calls: 5 }).accounts.get('root/b')!.grant).toEqual({ calls: 0 });
  });

  test('names the step when it is exhausted', () => {
    const ledger = called(subdivide(openLedger({}), 'root/a', { calls: 1 }), '1', 'root/a');
    const next = reserve(ledger, '2', 'root/a/b', { calls: 1 });
    expect(next).toEqual({ ok: false, budget: 'calls', step: 'root/a', granted: 1, left: 0, wanted: 1 });
    expect(exhaustion(next as Extract<Reservation, { ok: false }>, 'none').message).toContain('calls of step root/a (policy: none; 0 of 1 left, 1 wanted; to give it more: :resources {:calls N} of that step)');
    expect(reserve(ledger, '2', 'root/ab', { calls: 1 }).ok).toBe(true);
  });

  test('draws what it does not name from the one around it', () => {
    let ledger = subdivide(openLedger({ calls: 10, tokens: 100 }), 'root/a', { calls: 2 });
    ledger = settle(held(reserve(ledger, '1', 'root/a', { calls: 1, tokens: 30 })), '1', 'root/a', {});
    expect([available(ledger, 'root/a', 'tokens'), available(ledger, 'root', 'tokens'), available(ledger, 'root/a', 'calls')]).toEqual([70, 70, 1]);
    expect(spent(closeAccount(ledger, 'root/a'))).toEqual({ calls: 1, tokens: 30 });
  });

  test('ends with the steps inside', () => {
    let ledger = subdivide(openLedger({ calls: 10 }), 'root/a', { calls: 5 });
    ledger = subdivide(ledger, 'root/a/b', { calls: 2 });
    ledger = called(called(ledger, '1', 'root/a/b'), '2', 'root/a');
    ledger = closeAccount(ledger, 'root/a');
    expect([...ledger.accounts.keys()]).toEqual(['root']);
    expect(available(ledger, 'root', 'calls')).toBe(8);
  });

  test('is opened and closed by what a run tells', () => {
    const text = '(step "a" :resources {:calls 2 :tokens 5 :cpu 9} (call :x) (step "b" :resources {:effects 1} (call :x)))';
    const { program } = compile(testEnvironment(), { file: 'x.rtfs', text });
    const { events } = startProgram(program!);
    const ledger = followSteps(openLedger({ calls: 10 }), events);
    expect(ledger.accounts.get('root/a')!.grant).toEqual({ calls: 2, tokens: 5 });
    expect(followSteps(ledger, [{ kind: 'step-started', at: '9', step: 'root/a/b', name: 'b', form: 'step', parent: 'root/a', isolation: 'inherit', declared: null }])).toEqual(ledger);
    expect([...followSteps(ledger, [{ kind: 'step-failed', at: '9', step: 'root/a', name: 'a', error: null }]).accounts.keys()]).toEqual(['root']);
  });
});

type Move = { readonly kind: 'subdivide'; readonly step: string; readonly amounts: Amounts } | { readonly kind: 'close'; readonly step: string } | { readonly kind: 'call'; readonly step: string; readonly amounts: Amounts; readonly part: number; readonly denied: boolean };

const steps = fc.constantFrom('root/a', 'root/a/b', 'root/a/b/c', 'root/a/d', 'root/e', 'root/e/f', 'root/ab');
const amounts: fc.Arbitrary<Amounts> = fc.record({ calls: fc.nat(8), cost: fc.nat(20) }, { requiredKeys: [] });
const moves: fc.Arbitrary<Move> = fc.oneof(
  fc.record({ kind: fc.constant('subdivide' as const), step: steps, amounts }),
  fc.record({ kind: fc.constant('close' as const), step: steps }),
  fc.record({ kind: fc.constant('call' as const), step: steps, amounts, part: fc.double({ min: 0, max: 1, noNaN: true }), denied: fc.boolean() }),
);

/** Accounts whose grant is less than what was used, is held and was granted to the accounts inside. */
function overdrawn(ledger: Ledger, name: AmountName): string[] {
  return [...ledger.accounts].flatMap(([id, { grant }]) => (grant[name] !== undefined && available(ledger, id, name) < 0 ? [id] : []));
}

test('grants inside, use and what is held never add up to more than the grant, in any tree', () => {
  fc.assert(
    fc.property(fc.record({ calls: fc.nat(30), cost: fc.nat(60) }), fc.array(moves, { maxLength: 40 }), (grant, list) => {
      let ledger = openLedger(grant);
      list.forEach((move, index) => {
        const call = String(index);
        if (move.kind === 'subdivide') ledger = subdivide(ledger, move.step, move.amounts);
        else if (move.kind === 'close') ledger = closeAccount(ledger, move.step);
        else {
          const before = spent(ledger);
          const result = reserve(ledger, call, move.step, move.amounts);
          if (!result.ok) return;
          const actual = { calls: Math.floor((move.amounts.calls ?? 0) * move.part), cost: Math.floor((move.amounts.cost ?? 0) * move.part) };
          ledger = move.denied ? release(result.ledger, call) : settle(result.ledger, call, move.step, actual);
          if (move.denied) expect(spent(ledger)).toEqual(before);
        }
        expect([overdrawn(ledger, 'calls'), overdrawn(ledger, 'cost')]).toEqual([[], []]);
        expect([(spent(ledger).calls ?? 0) <= grant.calls, (spent(ledger).cost ?? 0) <= grant.cost]).toEqual([true, true]);
        expect(saved(ledger)).toEqual(ledger);
      });
    }),
    { numRuns: 300 },
  );
});

test('what is no ledger is refused', () => {
  const good = ledgerValue(openLedger({ calls: 1 }));
  expect(readLedger(null)).toEqual({ ok: false, error: 'this is no ledger' });
  expect(readLedger(MapValue.empty())).toEqual({ ok: false, error: 'the ledger has no account of the run' });
  expect(readLedger(good.set('x', 1)).ok).toBe(false);
  for (const bad of ['{"root" {:grant {:calls -1} :used {} :held {}}}', '{"root" {:grant {:calls 1.5} :used {} :held {}}}', '{"root" {:grant {:wishes 1} :used {} :held {}}}', '{"root" {:grant {} :used {}}}', '{"root" {:grant {} :used {} :held {1 {}}}}']) {
    expect(readLedger(parsed(bad))).toEqual({ ok: false, error: 'an account of the ledger is damaged' });
  }
});

function parsed(text: string): MapValue {
  const { program } = compile(testEnvironment(), { file: 'x.rtfs', text });
  const { outcome } = startProgram(program!);
  if (outcome.kind !== 'complete' || !(outcome.value instanceof MapValue)) throw new Error('no map');
  return outcome.value;
}

test('soft amounts are passed when more is used, wherever that was, and are kept with what was told', () => {
  let ledger = subdivide(openLedger({ calls: 10 }, { calls: 2, cost: 0 }), 'root/a', { calls: 5 });
  ledger = called(called(ledger, '1'), '2', 'root/a');
  expect(newlyPassed(ledger)).toEqual([]);
  ledger = saved(called(ledger, '3', 'root/a', { cost: 1 }));
  expect(newlyPassed(ledger)).toEqual([{ budget: 'calls', soft: 2, used: 3 }, { budget: 'cost', soft: 0, used: 1 }]);
  ledger = saved(closeAccount(markPassed(ledger, 'calls'), 'root/a'));
  expect(newlyPassed(ledger)).toEqual([{ budget: 'cost', soft: 0, used: 1 }]);
  expect(newlyPassed(called(markPassed(ledger, 'cost'), '4'))).toEqual([]);
  const damaged = MapValue.of('root', MapValue.of(keyword('grant'), MapValue.empty(), keyword('used'), MapValue.empty(), keyword('held'), MapValue.empty(), keyword('soft'), 1));
  expect(readLedger(damaged)).toEqual({ ok: false, error: 'an account of the ledger is damaged' });
});
