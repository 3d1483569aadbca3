/** Who carries out a call: the decisions, one by one, and what happens when those who were asked fail. */
import { describe, expect, test } from 'vitest';
import { type Candidate, delegate, type DelegatedCall, type Delegation, type Signals, type Target } from '../../../src/host/delegation.ts';

const PURE: Target = { kind: 'local-pure' };
const LOCAL = { kind: 'local-model', id: 'small' } as const;
const REMOTE = { kind: 'remote-model', id: 'large' } as const;

const CANDIDATES: readonly Candidate[] = [
  { target: LOCAL, cost: 1, latencyMs: 1000, trust: 0.5 },
  { target: REMOTE, cost: 4, latencyMs: 500, trust: 1 },
];

const SIGNALS: Signals = {
  rules: [{ capability: 'math.', target: { kind: 'local-pure' } }, { capability: 'text.legal', target: REMOTE }],
  cached: new Set(['known']),
  candidates: CANDIDATES,
  weights: { cost: 1, latency: 1, privacy: 1, trust: 1 },
  threshold: 0.3,
  fallback: LOCAL,
  failed: [],
};

const call = (capability: string, more: Partial<DelegatedCall> = {}): DelegatedCall => ({ capability, argsHash: 'new', privacy: 'any', ...more });

// Scores with equal weights: local (1 - 1/4 + 1 - 1000/1000 + 1 + 0.5) / 4 = 0.5625, remote (0 + 1 - 500/1000 + 0 + 1) / 4 = 0.375.
const TABLE: readonly [string, DelegatedCall, Partial<Signals>, Delegation][] = [
  ['a rule for a family', call('math.add'), {}, { target: PURE, reason: 'rule', score: null }],
  ['a rule for one', call('text.legal'), {}, { target: REMOTE, reason: 'rule', score: null }],
  ['a rule before what is known', call('text.legal', { argsHash: 'known' }), {}, { target: REMOTE, reason: 'rule', score: null }],
  ['what is known', call('text.sum', { argsHash: 'known' }), {}, { target: { kind: 'cache', key: 'known' }, reason: 'cache', score: null }],
  ['the best score', call('text.sum'), {}, { target: LOCAL, reason: 'score', score: 0.5625 }],
  ['trust counts most', call('text.sum'), { weights: { cost: 0, latency: 0, privacy: 0, trust: 1 } }, { target: REMOTE, reason: 'score', score: 1 }],
  ['speed counts most', call('text.sum'), { weights: { cost: 0, latency: 1, privacy: 0, trust: 0 } }, { target: REMOTE, reason: 'score', score: 0.5 }],
  ['private: never remote, however cheap', call('text.sum', { privacy: 'local' }), { candidates: [{ target: REMOTE, cost: 0, latencyMs: 0, trust: 1 }], fallback: LOCAL }, { target: LOCAL, reason: 'fallback', score: null }],
  ['private: not by a rule either', call('text.legal', { privacy: 'local' }), {}, { target: LOCAL, reason: 'score', score: 0.375 }],
  ['nobody is good enough', call('text.sum'), { threshold: 0.9 }, { target: LOCAL, reason: 'fallback', score: null }],
  ['nobody at all', call('text.sum'), { candidates: [], fallback: null }, { target: { kind: 'person' }, reason: 'nobody-left', score: null }],
  ['as good: the first', call('text.sum'), { candidates: [{ ...CANDIDATES[1]!, target: { kind: 'local-model', id: 'a' } }, { ...CANDIDATES[1]!, target: { kind: 'local-model', id: 'b' } }], weights: { cost: 0, latency: 0, privacy: 1, trust: 1 } },
    { target: { kind: 'local-model', id: 'a' }, reason: 'score', score: 1 }],
];

describe('a call goes', () => {
  test.each(TABLE)('%s', (_, one, more, expected) => {
    const signals = { ...SIGNALS, ...more };
    expect(delegate(one, signals)).toEqual(expected);
    expect(delegate(one, signals)).toEqual(delegate(one, signals));
  });

  // Private and alone: (1 - 1/1 + 1 - 1000/1000 + 1 + 0.5) / 4 = 0.375, as the table says.

  test('to the next one after a failure, and to a person at last', () => {
    const asked: Target[] = [];
    for (let i = 0; i < 3; i++) asked.push(delegate(call('text.sum'), { ...SIGNALS, failed: asked, threshold: 0.1 }).target);
    expect(asked).toEqual([LOCAL, REMOTE, { kind: 'person' }]);
  });

  test('also to one of the same name that has not failed', () => {
    const other: Target = { kind: 'remote-model', id: 'small' };
    expect(delegate(call('text.sum'), { ...SIGNALS, failed: [other] }).target).toEqual(LOCAL);
  });
});
