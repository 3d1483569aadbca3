import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { lastTree, liveTree, type Screen } from '../../../src/cli/progress/live.ts';
import { plainWatch } from '../../../src/cli/progress/plain.ts';
import { streamWatch } from '../../../src/cli/progress/stream.ts';
import type { Watch } from '../../../src/cli/watching.ts';
import { errorValue } from '../../../src/evaluator/raise.ts';
import type { Clock, Console, HostCall } from '../../../src/host/port.ts';
import { Events } from '../../support/events.ts';
import { TestScreen } from '../../support/screen.ts';

/** A clock that stands still until it is told to go on. */
class HandClock implements Clock {
  private ms = 0;
  private sleepers: { readonly atMs: number; readonly wake: () => void }[] = [];

  readonly nowMs = (): number => this.ms;

  readonly sleep = (durationMs: number, signal: AbortSignal): Promise<void> =>
    new Promise((resolve) => {
      const wake = (): void => {
        signal.removeEventListener('abort', wake);
        resolve();
      };
      this.sleepers.push({ atMs: this.ms + durationMs, wake });
      signal.addEventListener('abort', wake);
    });

  async pass(durationMs: number): Promise<void> {
    const endMs = this.ms + durationMs;
    for (;;) {
      const next = this.sleepers.filter((one) => one.atMs <= endMs).sort((a, b) => a.atMs - b.atMs)[0];
      if (next === undefined) break;
      this.sleepers = this.sleepers.filter((one) => one !== next);
      this.ms = next.atMs;
      next.wake();
      await new Promise((resolve) => setImmediate(resolve));
    }
    this.ms = endMs;
  }
}

interface Stage {
  readonly clock: HandClock;
  readonly screen: TestScreen;
  readonly watch: Watch;
  /** The plan's console, in front of which the tree stands. */
  readonly console: Console;
  /** Ends the question that waits. */
  readonly type: (answer: string | null) => void;
  readonly writes: () => number;
}

function stage({ columns = 60, rows = 20, outMoves = true, inEchoes = true } = {}): Stage {
  const screen = new TestScreen(columns, rows);
  let writes = 0;
  const write = (text: string): void => {
    writes += 1;
    screen.write(text);
  };
  const terminal: Screen = {
    error: write,
    get columns() {
      return screen.columns;
    },
    rows, errorColour: true, outMoves, inEchoes,
  };
  const clock = new HandClock();
  const watch = liveTree(terminal, clock);
  let answer: (text: string | null) => void = () => undefined;
  const inner: Console = {
    writeOut: async (text) => (outMoves ? screen.write(text) : undefined),
    writeError: async (text) => screen.write(text),
    ask: (prompt) => {
      screen.write(prompt);
      return new Promise((resolve) => (answer = resolve));
    },
    close: () => undefined,
  };
  const type = (text: string | null): void => {
    if (text !== null && inEchoes) screen.write(`${text}\n`);
    answer(text);
  };
  return { clock, screen, watch, console: watch.console(inner), type: (text) => type(text), writes: () => writes };
}

const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('the tree in a terminal', () => {
  test('does not show for steps that are quick', async () => {
    const { clock, screen, watch, writes } = stage();
    const e = new Events();
    for (let i = 0; i < 10; i++) {
      watch.observer.events!([e.started(`a#${i}`)]);
      await clock.pass(150);
      watch.observer.events!([e.completed(`a#${i}`)]);
    }
    watch.end();
    expect([screen.text(), writes()]).toEqual(['', 0]);
  });

  test('is drawn when a step takes long, moves on in its place, and stays at the end', async () => {
    const { clock, screen, watch, console } = stage();
    const e = new Events();
    await console.writeOut('before\n');
    watch.observer.events!([e.started('trip')]);
    await clock.pass(199);
    expect(screen.text()).toBe('before');
    await clock.pass(1);
    expect(screen.text()).toBe('before\n● trip  running 0.2 s');
    watch.observer.events!([e.started('trip/hotel')]);
    await clock.pass(1000);
    expect(screen.text()).toBe('before\n● trip  running 1.2 s\n└─ ● hotel  running 1.0 s');
    watch.observer.events!([e.completed('trip/hotel'), e.completed('trip')]);
    watch.end();
    expect(screen.text()).toBe('before\n✓ trip  completed in 1.2 s\n└─ ✓ hotel  completed in 1.0 s');
    expect(screen.cursor()).toEqual([3, 0]);
  });

  test('is drawn ten times a second at most, and only when it has changed', async () => {
    const { clock, watch, writes } = stage();
    const e = new Events();
    watch.observer.events!([e.started('a')]);
    for (let i = 0; i < 1000; i++) {
      watch.observer.events!([e.started(`a/b#${i}`), e.completed(`a/b#${i}`)]);
      await clock.pass(1);
    }
    expect(writes()).toBeLessThanOrEqual(10);
    watch.observer.events!([e.completed('a')]);
    await clock.pass(100);
    const before = writes();
    await clock.pass(5000);
    expect(writes()).toBe(before);
  });

  test('gives way to what the plan prints', async () => {
    const { clock, screen, watch, console } = stage();
    watch.observer.events!([new Events().started('a')]);
    await clock.pass(300);
    await console.writeOut('one\n');
    await console.writeError('two\n');
    await clock.pass(100);
    expect(screen.text()).toBe('one\ntwo\n● a  running 0.4 s');
    await console.writeOut('half');
    await clock.pass(1000);
    expect(screen.text()).toBe('one\ntwo\nhalf');
    await console.writeOut(' whole\n');
    expect(screen.text()).toBe('one\ntwo\nhalf whole\n● a  running 1.4 s');
    await console.writeOut('half');
    watch.end();
    expect(screen.text()).toBe('one\ntwo\nhalf whole\nhalf\n■ a  stopped after 1.4 s');
  });

  test('is not there while a question waits', async () => {
    const { clock, screen, watch, console, type } = stage();
    watch.observer.events!([new Events().started('a')]);
    await clock.pass(300);
    const answer = console.ask('Name? ', new AbortController().signal);
    await clock.pass(5000);
    expect(screen.text()).toBe('Name?');
    type('Ann');
    expect(await answer).toBe('Ann');
    await clock.pass(100);
    expect(screen.text()).toBe('Name? Ann\n● a  running 5.4 s');
  });

  test.each([
    ['without an answer', true, null],
    ['with an answer that nobody sees', false, 'Ann'],
  ])('starts a line of its own after a question %s', async (_what, inEchoes, answer) => {
    const { clock, screen, watch, console, type } = stage({ inEchoes });
    watch.observer.events!([new Events().started('a')]);
    await clock.pass(300);
    const asked = console.ask('Name? ', new AbortController().signal);
    type(answer);
    expect(await asked).toBe(answer);
    await clock.pass(100);
    expect(screen.text()).toBe('Name?\n● a  running 0.4 s');
  });

  test('stays when what the plan prints goes elsewhere', async () => {
    const { clock, screen, watch, console, writes } = stage({ outMoves: false });
    watch.observer.events!([new Events().started('a')]);
    await clock.pass(200);
    const before = writes();
    await console.writeOut('to a file');
    expect([screen.text(), writes()]).toEqual(['● a  running 0.2 s', before]);
  });

  test('takes away what Ctrl-C left, and says what was stopped', async () => {
    const { clock, screen, watch } = stage();
    watch.observer.events!([new Events().started('a')]);
    await clock.pass(300);
    screen.write('^C');
    watch.end();
    await clock.pass(1000);
    expect(screen.text()).toBe('■ a  stopped after 300 ms');
    expect(screen.cursor()).toEqual([1, 0]);
  });

  test('leaves the lines before it alone, whatever happens in whatever order', async () => {
    const action = fc.oneof(
      fc.constant({ kind: 'begin' as const }),
      fc.constant({ kind: 'end' as const }),
      fc.record({ kind: fc.constant('print' as const), text: fc.stringMatching(/^[a-z]{0,30}\n?$/) }),
      fc.record({ kind: fc.constant('wait' as const), ms: fc.integer({ min: 1, max: 400 }) }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(action, { maxLength: 40 }), fc.integer({ min: 3, max: 12 }), async (actions, rows) => {
        const { clock, screen, watch, console } = stage({ columns: 30, rows });
        const e = new Events();
        const open: string[] = [];
        let printed = '';
        let count = 0;
        for (const one of actions) {
          if (one.kind === 'begin') {
            open.push(`${open.length === 0 ? '' : `${open.at(-1)!}/`}step${(count += 1)}`);
            watch.observer.events!([e.started(open.at(-1)!)]);
          } else if (one.kind === 'end' && open.length > 0) watch.observer.events!([e.completed(open.pop()!)]);
          else if (one.kind === 'print') {
            printed += one.text;
            await console.writeOut(one.text);
          } else if (one.kind === 'wait') await clock.pass(one.ms);
        }
        watch.end();
        const expected = new TestScreen(30, 1000);
        expected.write(printed);
        const rest = screen.text().slice(expected.text().length);
        expect(screen.text().startsWith(expected.text())).toBe(true);
        expect(rest.split('\n').filter((line) => line !== '' && !/[✓■]|more/.test(line))).toEqual([]);
      }),
      { numRuns: 200 },
    );
  });

  test('finds its beginning again when the terminal has become narrower', async () => {
    const { clock, screen, watch } = stage({ columns: 40 });
    const e = new Events();
    const wrapped = new TestScreen(20, 20);
    watch.observer.events!([e.started('a-rather-long-name'), e.started('a-rather-long-name/b')]);
    await clock.pass(200);
    // What a terminal does: the lines are broken anew, and the cursor stays below them.
    wrapped.write(`${screen.text()}\n`);
    const [row] = wrapped.cursor();
    screen.columns = 20;
    let written = '';
    const write = screen.write.bind(screen);
    screen.write = (text) => {
      written += text;
      write(text);
    };
    await clock.pass(100);
    expect(written.startsWith(`\r\u001b[${row}A`)).toBe(true);
  });
});

test('where there is no terminal the tree is written once, at the end', () => {
  let text = '';
  const clock = new HandClock();
  const watch = lastTree({ error: (piece) => (text += piece), errorColour: false }, clock);
  const e = new Events();
  watch.observer.events!([e.started('a'), e.started('a/b'), e.failed('a/b')]);
  expect(text).toBe('');
  watch.end();
  expect(text).toBe('■ a  stopped after 0 ms\n└─ ✗ b  failed after 0 ms: boom\n');
});

test('plain lines tell the edges of steps', async () => {
  let text = '';
  const clock = new HandClock();
  const watch = plainWatch({ error: (piece) => (text += piece) }, clock);
  const e = new Events();
  watch.observer.events!([e.started('trip'), e.started('trip/hotel'), e.retrying('trip/hotel', 1, 1500)]);
  await clock.pass(1600);
  watch.observer.events!([e.recovered('trip/hotel', 'fallback'), e.completed('trip/hotel'), e.undo('trip/hotel', 'started'), e.undo('trip/hotel', 'completed'), e.failed('trip')]);
  watch.end();
  expect(text).toBe(
    [
      'step trip started',
      'step trip/hotel started',
      'step trip/hotel failed attempt 1, the next one in 1.5 s: boom',
      'step trip/hotel recovered by fallback: boom',
      'step trip/hotel completed in 1.6 s',
      'step trip/hotel undoing',
      'step trip/hotel undone',
      'step trip failed: boom',
      '',
    ].join('\n'),
  );
});

test('the stream shows calls and answers, and nothing of what they carry', async () => {
  let text = '';
  const clock = new HandClock();
  const { observer } = streamWatch({ terminal: { out: (piece) => (text += piece) }, clock });
  const call = (id: string): HostCall => ({ id, capability: 'http.get', args: ['secret'], options: null, span: null, isolation: 'inherit', step: 'root/a' });
  observer.decided!(call('1'), { allowed: true, grants: [] });
  observer.decided!(call('2'), { allowed: true, grants: [] });
  observer.decided!(call('3'), { allowed: false, kind: 'security', reason: 'secret', hint: null });
  await clock.pass(25);
  observer.answered!(call('1'), { id: '1', ok: true, value: 'secret' });
  observer.dropped!(call('2'));
  observer.answered!(call('3'), { id: '3', ok: false, error: errorValue('security', 'secret') });
  await settled();
  expect(text.split('\n')).toEqual([
    '{"call":{"id":"1","capability":"http.get","step":"root/a","allowed":true}}',
    '{"call":{"id":"2","capability":"http.get","step":"root/a","allowed":true}}',
    '{"call":{"id":"3","capability":"http.get","step":"root/a","allowed":false}}',
    '{"answer":{"id":"1","capability":"http.get","step":"root/a","ok":true,"elapsedMs":25}}',
    '{"dropped":{"id":"2","capability":"http.get","step":"root/a","elapsedMs":25}}',
    '{"answer":{"id":"3","capability":"http.get","step":"root/a","ok":false,"error":"security","elapsedMs":25}}',
    '',
  ]);
});
