import { describe, expect, test } from 'vitest';
import { readStream } from '../../../src/cli/context-tree/read.ts';
import { treeJson, treeText } from '../../../src/cli/context-tree/show.ts';
import { contextTree } from '../../../src/cli/context-tree/tree.ts';
import type { Event } from '../../../src/evaluator/event.ts';
import { eventToJson } from '../../../src/evaluator/event-value.ts';
import { keyword } from '../../../src/value/value.ts';
import { cancelled, Events } from '../../support/events.ts';
import { expectGolden } from '../../support/golden.ts';

function streamOf(events: readonly Event[], status: string | null = 'complete'): string {
  const lines = events.map((event) => `{"event":${eventToJson(event)}}\n`);
  return lines.join('') + (status === null ? '' : `{"type":"result","status":"${status}"}\n`);
}

function treeOf(text: string): ReturnType<typeof contextTree> {
  const stream = readStream({ file: 'run.jsonl', text });
  if (!stream.ok) throw new Error(stream.error.map((one) => one.message).join('\n'));
  return contextTree(stream.value);
}

function booking(): Event[] {
  const e = new Events();
  return [
    e.set('root', 'user', 'Ann'),
    e.started('trip', { isolation: 'isolated' }),
    e.set('trip', 'city', 'Bern', [{ key: 'user', context: 'root', valueHash: 'ab' }]),
    e.set('trip', 'budget', 100),
    e.started('trip/rooms', { form: 'step-parallel' }),
    e.branch('trip/rooms/0', 'started'),
    e.set('trip/rooms/0', 'price', 10),
    e.branch('trip/rooms/1', 'started'),
    e.set('trip/rooms/1', 'price', 12),
    e.set('trip/rooms/1', 'hotel', 'Bellevue'),
    e.branch('trip/rooms/2', 'started'),
    e.branch('trip/rooms/0', 'completed'),
    e.branch('trip/rooms/1', 'completed'),
    e.branchEnded('trip/rooms/2', 'cancelled', cancelled),
    e.merged('trip/rooms/0', { into: 'root/trip', policy: keyword('keep-existing'), added: [keyword('price')] }),
    e.merged('trip/rooms/1', {
      into: 'root/trip', policy: keyword('keep-existing'), added: [keyword('hotel')], kept: [keyword('price')],
      conflicts: [{ key: keyword('price'), path: [], target: 10, source: 12n ** 30n, winner: 'target', reason: "keep-existing: the target's value stays", branches: [0, 1] }],
    }),
    e.completed('trip/rooms'),
    e.started('trip/poll', { form: 'step-loop' }),
    e.pass('trip/poll/0', 'started'),
    e.set('trip/poll/0', 'n', 1),
    e.pass('trip/poll/0', 'completed'),
    e.merged('trip/poll/0', { into: 'root/trip/poll', policy: keyword('merge'), merged: [keyword('n')] }),
    e.failed('trip/poll'),
    e.started('trip/pay'),
    e.set('trip/pay', 'gone', 1),
    e.retrying('trip/pay', 1, 0),
    e.set('trip/pay', 'card\n', null),
    e.completed('trip/pay'),
    e.completed('trip'),
  ];
}

describe('the tree of contexts', () => {
  test('shows forms, isolation, states, keys with sizes, merges and conflicts', () => {
    expectGolden('cli/ctx-tree.txt', treeText(treeOf(streamOf(booking()))));
  });

  test('is the same in whatever order the events came', () => {
    const text = streamOf(booking().reverse());
    expect(treeText(treeOf(text))).toBe(treeText(treeOf(streamOf(booking()))));
  });

  test('as JSON lists the contexts, each after the one around it, with exact numbers', () => {
    const text = treeJson(treeOf(streamOf(booking())), 'complete');
    expect(text).toContain(`"source":${12n ** 30n}`);
    const { status, contexts } = JSON.parse(text) as { status: string; contexts: { id: string; parent: string | null; keys: unknown[]; merges: unknown[] }[] };
    expect(status).toBe('complete');
    const seen = new Set<string | null>([null]);
    for (const { id, parent } of contexts) {
      expect(seen.has(parent)).toBe(true);
      seen.add(id);
    }
    expect(contexts[1]).toMatchObject({
      id: 'root/trip', parent: 'root', name: 'trip', form: 'step', isolation: 'isolated', state: 'completed', attempt: 1,
      keys: [{ key: 'city', sizeBytes: expect.any(Number) as number, derivedFrom: [{ key: 'user', context: 'root' }] }, { key: 'budget' }, { key: 'price' }, { key: 'hotel' }],
    });
    expect(contexts.find((one) => one.id === 'root/trip/rooms/1')).toMatchObject({
      merges: [{ into: 'root/trip', policy: ':keep-existing', added: ['hotel'], kept: ['price'], conflicts: [{ key: 'price', target: 10, winner: 'target', branches: [0, 1] }] }],
    });
  });

  test('of a run that was cut is open, and takes contexts in whose beginning it did not see', () => {
    const e = new Events();
    expect(treeText(treeOf(streamOf([e.set('a', 'x', 1), e.completed('b')], null)))).toMatch(
      /^root {2}run · open\n├─ root\/a {2}not seen to start · open\n│ {7}x {2}\d+ bytes\n└─ root\/b {2}not seen to start · completed\n$/,
    );
  });
});
