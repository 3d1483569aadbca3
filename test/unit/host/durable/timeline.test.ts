/** The moments of a recorded run: real states, the same whichever way one comes to them, with every event in exactly one of them. */
import { describe, expect, test } from 'vitest';
import { eventToJson } from '../../../../src/evaluator/event-value.ts';
import { resume } from '../../../../src/evaluator/kernel.ts';
import type { Event } from '../../../../src/evaluator/event.ts';
import { snapshot } from '../../../../src/evaluator/snapshot.ts';
import { tapeWorld } from '../../../../src/host/durable/fork.ts';
import { replayRun } from '../../../../src/host/durable/replay.ts';
import { Tape } from '../../../../src/host/durable/tape.ts';
import { type Moment, Timeline } from '../../../../src/host/durable/timeline.ts';
import { nodeSha256 } from '../../../../src/host/journal/digest.ts';
import { PLANS, planWorld } from './plans.ts';
import { type Process, programOf } from './support.ts';

const NONE: ReadonlySet<string> = new Set();

async function timelineOf(process: Process): Promise<Timeline> {
  const tape = await Tape.open(tapeWorld(process.keeping), 'run');
  if (!tape.ok) throw new Error(tape.error);
  return new Timeline(tape.value);
}

async function momentsOf(timeline: Timeline, index: number, names: ReadonlySet<string> = NONE): Promise<readonly Moment[]> {
  const moments = await timeline.moments(index, names);
  if (!moments.ok) throw new Error(moments.error);
  return moments.value;
}

describe.each(PLANS)('%s', (_name, text) => {
  test('has every event once, in states that go on to where the run came to', async () => {
    const process = planWorld().process();
    await process.start(programOf(text), { checkpoints: { effects: 2 } });
    const timeline = await timelineOf(process);
    const told: string[] = [];
    const hashes: string[] = [];
    for (let index = 0; index < timeline.tape.stretches.length; index++) {
      const moments = await momentsOf(timeline, index);
      expect(moments.filter(({ isEnd }) => isEnd)).toEqual([moments.at(-1)]);
      const end = moments.at(-1)!.state;
      for (const { news, state, isEnd, event, fuel } of moments) {
        told.push(...news.map(eventToJson));
        hashes.push(nodeSha256(snapshot(state)));
        expect(event).toBe(told.length);
        if (isEnd) continue;
        expect(fuel).toBeGreaterThan(0);
        expect(nodeSha256(snapshot(resume(state, []).state))).toBe(nodeSha256(snapshot(end)));
      }
    }
    expect([...told].sort()).toEqual(timeline.events.map(({ line }) => line).sort());
    // Backwards, from checkpoints, they are the same.
    const again = await timelineOf(process);
    for (let index = again.tape.stretches.length - 1; index >= 0; index--) {
      for (const { state } of [...(await momentsOf(again, index))].reverse()) expect(nodeSha256(snapshot(state))).toBe(hashes.pop());
    }
    expect(hashes).toEqual([]);
  });
});

test('a function that is asked for makes a moment of each of its entries', async () => {
  const process = planWorld().process();
  await process.start(programOf('(defn twice [n] (* 2 n)) (defn other [n] n) (step "a" (context/set :k (twice (other 1))) (call :echo (twice 3)))'));
  const timeline = await timelineOf(process);
  expect((await momentsOf(timeline, 0)).flatMap(({ entered }) => entered)).toEqual([]);
  expect((await momentsOf(timeline, 0, new Set(['twice']))).flatMap(({ entered }) => entered)).toEqual(['twice', 'twice']);
});

test('a run that was stopped in a stretch that never ends has the moments that were recorded', async () => {
  const process = planWorld().process();
  const stopping = new AbortController();
  const events = (told: readonly Event[]): void => {
    if (told.some(({ kind }) => kind === 'context-set')) stopping.abort();
  };
  const running = await process.start(programOf('(step "a" (call :echo 1) (step "b" (context/set :k 1)) (loop [i 0] (recur (inc i))))'), { signal: stopping.signal, observer: { events } });
  expect(running.kind).toBe('cancelled');
  expect(await replayRun(tapeWorld(process.keeping), 'run')).toMatchObject({ ok: true, value: { kind: 'identical', hasEnded: false, checkpoints: 1 } });
  const timeline = await timelineOf(process);
  const last = (await momentsOf(timeline, timeline.tape.stretches.length - 1)).at(-1)!;
  expect([last.event, last.state.status]).toEqual([4, 'ready']);
});
