import { describe, expect, test } from 'vitest';
import type { PolicyRequest } from '../../../../src/host/port.ts';
import { type Approval, approvalHash, approvalProblem, approvalValue, type OpenQuestion, readApproval, readPerson, shownForApproval } from '../../../../src/host/security/approval.ts';
import { secretHandle } from '../../../../src/host/security/secret.ts';
import { decodeValue, encodeValue } from '../../../../src/value/bytes.ts';
import { printValue } from '../../../../src/value/print.ts';

const request: PolicyRequest & { rule: string } = {
  capability: 'shop.order', args: ['lamp', 3], isolation: 'inherit', step: 'root/buy', derivedFrom: [{ key: 'basket', context: 'root', valueHash: 'f'.repeat(64) }], rule: 'ask',
};
const shown = shownForApproval(request);
const question: OpenQuestion = { run: 'run-1', call: '7', shown, askedMs: 1000, expiresMs: null };
const approval: Approval = { verdict: 'approve', hash: approvalHash(shown, 'run-1', '7'), by: 'human:ann', timeMs: 2000, comment: null };

test('what is shown is everything that decides', () => {
  expect(printValue(shown)).toBe(
    `{:args ["lamp" 3] :capability :shop.order :derived-from [{:context "root" :key :basket :value-hash "${'f'.repeat(64)}"}] :isolation :inherit :rule "ask" :step "root/buy"}`,
  );
});

test('secrets are shown as names', () => {
  expect(printValue(shownForApproval({ ...request, args: [secretHandle('key')] }))).toContain(':args [resource://secret/key]');
});

describe('an approval', () => {
  test('counts for what was shown', () => {
    expect(approvalProblem(approval, question, 2000)).toBe(null);
  });

  test.each<[string, Partial<typeof request>]>([
    ['another argument', { args: ['lamp', 30] }],
    ['another kind of number', { args: ['lamp', '3'] }],
    ['another capability', { capability: 'shop.cancel' }],
    ['another step', { step: 'root/buy#1' }],
    ['another isolation', { isolation: 'sandboxed' }],
    ['another rule', { rule: 'other' }],
    ['another source of the arguments', { derivedFrom: [] }],
    ['another value under the same key', { derivedFrom: [{ key: 'basket', context: 'root', valueHash: 'e'.repeat(64) }] }],
  ])('does not count for %s', (_, change) => {
    expect(approvalProblem(approval, { ...question, shown: shownForApproval({ ...request, ...change }) }, 2000)).toBe('it was given for something else than what is asked now');
  });

  test('does not count for another call of the run, nor for the same call of another run', () => {
    expect(approvalProblem(approval, { ...question, call: '8' }, 2000)).toBe('it was given for something else than what is asked now');
    expect(approvalProblem(approval, { ...question, run: 'run-2' }, 2000)).toBe('it was given for something else than what is asked now');
  });

  test.each<[Partial<Approval>, Partial<OpenQuestion>, number, string]>([
    [{ by: 'ann' }, {}, 2000, '"ann" is nobody who can approve (a person is written human:NAME)'],
    [{ by: 'human:' }, {}, 2000, '"human:" is nobody who can approve (a person is written human:NAME)'],
    [{ by: 'agent:x' }, {}, 2000, '"agent:x" is nobody who can approve (a person is written human:NAME)'],
    [{ timeMs: 999 }, {}, 2000, 'it is older than the question'],
    [{ timeMs: 2001 }, {}, 2000, 'it comes from the future'],
    [{}, { expiresMs: 1999 }, 2000, 'the question has expired'],
  ])('%j with %j at %i: %s', (word, asked, nowMs, problem) => {
    expect(approvalProblem({ ...approval, ...word }, { ...question, ...asked }, nowMs)).toBe(problem);
  });

  test('is kept as a value', () => {
    for (const one of [approval, { ...approval, verdict: 'deny' as const, comment: 'too much' }]) {
      const value = decodeValue(encodeValue(approvalValue(one)));
      expect(value.ok && readApproval(value.value)).toEqual({ ok: true, value: one });
    }
    expect(readApproval(approvalValue(approval).set(approvalValue(approval).keys()[0]!, 1)).ok).toBe(false);
    expect(readApproval(null)).toEqual({ ok: false, error: 'this is no approval' });
  });
});

test.each([
  ['ann', 'human:ann'],
  ['human:ann', 'human:ann'],
  ['ann@example.com', 'human:ann@example.com'],
  ['', null],
  ['human:', null],
  ['a b', null],
  ['human:human:x', null],
])('%j is the person %s', (text, person) => {
  expect(readPerson(text)).toBe(person);
});
