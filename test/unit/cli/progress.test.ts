import { describe, expect, test } from 'vitest';
import { Progress } from '../../../src/cli/progress/model.ts';
import { duration, renderTree } from '../../../src/cli/progress/render.ts';
import type { Event } from '../../../src/evaluator/event.ts';
import { cancelled, Events } from '../../support/events.ts';
import { expectGolden } from '../../support/golden.ts';

/** Each event with the time at which it happened. */
function progressOf(story: readonly (readonly [number, Event])[]): Progress {
  const progress = new Progress();
  for (const [ms, event] of story) progress.add(event, ms);
  return progress;
}

function shown(progress: Progress, nowMs: number, columns = 100, rows = 100, colour = false): string {
  return renderTree(progress.root, nowMs, { columns, rows }, colour).map((line) => `${line.text}\n`).join('');
}

function trip(): Progress {
  const e = new Events();
  return progressOf([
    [0, e.started('trip')],
    [10, e.started('trip/flight')],
    [350, e.completed('trip/flight')],
    [360, e.started('trip/hotels', { form: 'step-parallel' })],
    [360, e.branch('trip/hotels/0', 'started')],
    [361, e.started('trip/hotels/0/ask')],
    [362, e.branch('trip/hotels/1', 'started')],
    [363, e.started('trip/hotels/1/ask')],
    [900, e.completed('trip/hotels/0/ask')],
    [901, e.branch('trip/hotels/0', 'completed')],
    [1000, e.retrying('trip/hotels/1/ask', 1, 500)],
  ]);
}

describe('the tree of steps', () => {
  test('shows what runs, what has ended and what is tried again', () => {
    expectGolden('cli/steps-running.txt', shown(trip(), 1200));
  });

  test('counts down to the next attempt, which then runs', () => {
    expect(shown(trip(), 1200)).toContain('ask  retrying in 0.3 s · attempt 2: boom\n');
    expect(shown(trip(), 1500)).toContain('ask  running 1.1 s · attempt 2\n');
  });

  test('shows failures, cancelled branches, fallbacks and what was undone', () => {
    const e = new Events();
    const progress = progressOf([
      [0, e.started('book')],
      [0, e.started('book/flight')],
      [100, e.completed('book/flight')],
      [100, e.started('book/car')],
      [200, e.recovered('book/car', 'fallback')],
      [210, e.completed('book/car')],
      [220, e.started('book/rooms', { form: 'step-parallel' })],
      [220, e.branch('book/rooms/0', 'started')],
      [220, e.branch('book/rooms/1', 'started')],
      [220, e.started('book/rooms/1/ask')],
      [220, e.branch('book/rooms/2', 'started')],
      [300, e.branchEnded('book/rooms/0', 'failed')],
      [301, e.failed('book/rooms/1/ask', cancelled)],
      [301, e.branchEnded('book/rooms/1', 'cancelled', cancelled)],
      [301, e.branchEnded('book/rooms/2', 'cancelled', cancelled)],
      [302, e.failed('book/rooms')],
      [303, e.undo('book/car', 'started')],
      [304, e.undo('book/car', 'completed')],
      [304, e.undo('book/flight', 'started')],
      [305, e.undoFailed('book/flight')],
      [306, e.failed('book')],
    ]);
    expectGolden('cli/steps-failed.txt', shown(progress, 400));
  });

  test('counts the passes of a loop and shows the steps of the last one', () => {
    const e = new Events();
    const progress = new Progress();
    progress.add(e.started('poll', { form: 'step-loop' }), 0);
    for (let i = 0; i < 5000; i++) {
      progress.add(e.pass(`poll/${i}`, 'started'), i);
      progress.add(e.started(`poll/${i}/ask`), i);
      progress.add(e.completed(`poll/${i}/ask`), i);
      progress.add(e.pass(`poll/${i}`, 'completed'), i);
    }
    expect(shown(progress, 5000)).toBe('● poll  running 5.0 s · 5000 passes\n└─ ✓ ask  completed in 0 ms\n');
  });

  test('keeps the latest of many finished steps, and counts the others', () => {
    const e = new Events();
    const progress = new Progress();
    for (let i = 0; i < 1000; i++) {
      progress.add(e.started(`work#${i}`), i);
      progress.add(e.completed(`work#${i}`), i);
    }
    expect(progress.root.children.length).toBe(100);
    expect(shown(progress, 0, 100, 200).split('\n')[0]).toBe('… 900 more finished');
  });

  test('takes a failed attempt away when the next one begins', () => {
    const e = new Events();
    const progress = progressOf([[0, e.started('a')], [0, e.started('a/b')], [1, e.failed('a/b')], [2, e.retrying('a', 1, 0)], [3, e.started('a/b')]]);
    expect(shown(progress, 3)).toBe('● a  running 0.0 s · attempt 2\n└─ ● b  running 0.0 s\n');
  });

  test('says what had not ended when the run did', () => {
    const progress = trip();
    progress.stop(1300);
    expect(shown(progress, 9000)).toContain('■ trip  stopped after 1.3 s\n');
  });

  test('is not disturbed by events of contexts that it does not know', () => {
    const e = new Events();
    const progress = progressOf([[0, e.completed('x')], [0, e.branchEnded('x/y/0', 'cancelled')], [0, e.undo('x', 'started')], [0, e.retrying('x', 1, 0)], [0, e.pass('x/0', 'started')]]);
    expect(shown(progress, 0)).toBe('');
  });

  test('bears steps that are nested deeper than it shows, or the stack bears', () => {
    const e = new Events();
    const progress = new Progress();
    const first = e.started('a');
    progress.add(first, 0);
    for (let i = 1; i < 20_000; i++) progress.add({ ...first, step: `a${i}`, parent: i === 1 ? 'root/a' : `a${i - 1}` } as Event, 0);
    expect(shown(progress, 0).split('\n').length).toBeLessThan(50);
    progress.add(e.retrying('a', 1, 0), 1);
    expect(progress.root.children[0]!.children).toEqual([]);
  });
});

describe('in a small terminal', () => {
  const crowd = (): Progress => {
    const e = new Events();
    const progress = trip();
    for (let i = 0; i < 8; i++) {
      progress.add(e.started(`trip/extra${i}`), 1000);
      if (i % 2 === 0) progress.add(i === 4 ? e.failed(`trip/extra${i}`) : e.completed(`trip/extra${i}`), 1100);
    }
    return progress;
  };

  test.each([16, 14, 13, 11, 9, 8, 6, 3, 2, 1])('the tree has at most %i lines', (rows) => {
    const text = shown(crowd(), 1200, 100, rows);
    expect(text.split('\n').length - 1).toBeLessThanOrEqual(rows);
    if (rows > 8) expect(text.match(/extra[1357]/g)).toHaveLength(4);
  });

  test('what has ended well is hidden first', () => {
    expectGolden('cli/steps-small.txt', [16, 12, 9, 4].map((rows) => `${rows} lines\n${shown(crowd(), 1200, 100, rows)}\n`).join(''));
  });

  test.each([80, 40, 21, 7, 1])('no line is wider than %i columns', (columns) => {
    const e = new Events();
    const progress = progressOf([[0, e.started('日本語のステップ')], [0, e.started('日本語のステップ/ok')], [0, e.failed('日本語のステップ/ok')]]);
    for (const line of renderTree(progress.root, 0, { columns, rows: 10 }, true)) expect(line.columns).toBeLessThanOrEqual(columns);
  });

  test('what is cut ends in a mark', () => {
    expect(shown(trip(), 1200, 20)).toContain('● trip  running 1.2…\n');
  });
});

test('text of a program cannot move the cursor', () => {
  const e = new Events();
  expect(shown(progressOf([[0, { ...e.started('a'), name: 'a\u001b[2J\nb' } as Event]]), 0)).toBe('● a<U+001B>[2J<U+000A>b  running 0.0 s\n');
});

test('colours are used when they are asked for, and end where they began', () => {
  const text = shown(trip(), 1200, 100, 100, true);
  expect(text).toContain('\u001b[36m●\u001b[0m trip');
  expect(text.match(/\u001b\[\d+m/g)!.length % 2).toBe(0);
});

test.each([
  [0, false, '0 ms'], [999, false, '999 ms'], [999, true, '1.0 s'], [1240, false, '1.2 s'], [59_949, false, '59.9 s'], [59_950, true, '1 min 00 s'],
  [65_000, true, '1 min 05 s'], [3_599_600, true, '1 h 00 min'], [7_380_000, false, '2 h 03 min'], [-5, true, '0.0 s'],
])('%i ms, running %s, are %s', (ms, isRunning, text) => {
  expect(duration(ms, isRunning)).toBe(text);
});
