/**
 * What every engine must do (E1–E5 in `src/host/engine/port.ts`), tried with segments written by hand. Whoever adds an engine calls
 * this with it.
 */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { DriveSegment, Engine, Pending, Segment, Settled } from '../../src/host/engine/port.ts';

export interface EngineUnderTest {
  readonly engine: Engine;
  /** A worker that drives runs with this function. There is none before. */
  readonly serve: (drive: DriveSegment) => Promise<void>;
  /** The worker is gone, as when its process is killed. */
  readonly crash: () => Promise<void>;
  /** Cancels a run by the engine's own means. */
  readonly cancel: (run: string) => Promise<void>;
  readonly close: () => Promise<void>;
}

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const text = (from: Uint8Array | null): string | null => (from === null ? null : new TextDecoder().decode(from));
const WAIT_MS = 20_000;

async function until(check: () => boolean | Promise<boolean>, what: string): Promise<void> {
  for (const end = Date.now() + WAIT_MS; ; await new Promise((resolve) => setTimeout(resolve, 5))) {
    if (await check()) return;
    if (Date.now() > end) throw new Error(`waited in vain: ${what}`);
  }
}

/** The one that is waited for alone. */
async function only(segment: Segment, pending: Pending): Promise<string> {
  const settled = await segment.first([pending]);
  if (settled.kind === 'cancelled') throw new Error('cancelled');
  return text(settled.bytes)!;
}

export function engineContract(name: string, open: () => Promise<EngineUnderTest>): void {
  describe(name, () => {
    let under: EngineUnderTest;
    let serial = 0;
    const newRun = (): string => `run-${process.pid}-${Date.now()}-${++serial}`;
    const written = (run: string, what: string): Promise<string | null> => under.engine.read(run, what).then(text);
    const begin = async (input = ''): Promise<string> => {
      const run = newRun();
      expect(await under.engine.start(run, bytes(input), {})).toBe(true);
      return run;
    };
    const ended = (run: string): Promise<void> => until(async () => (await written(run, 'end')) !== null, `the end of ${run}`);
    const marked = (run: string, mark: string): Promise<void> => until(async () => (await written(run, mark)) !== null, `that ${mark} is written`);
    /** The run whose worker is gone once it has written `mark`; another one goes on, and the first message is said. */
    const interrupted = async (drive: DriveSegment, mark: string): Promise<string> => {
      await under.serve(drive);
      const run = await begin();
      await marked(run, mark);
      await under.crash();
      await under.serve(drive);
      await under.engine.tell(run, bytes('go on'));
      await ended(run);
      return run;
    };

    beforeEach(async () => {
      under = await open();
    });
    afterEach(() => under.close());

    test('a segment gets its input, and what it writes can be read; the last thing written counts', async () => {
      await under.serve(async (segment, input) => {
        segment.write('seen', bytes('nothing'));
        segment.write('seen', input);
        segment.write('end', await only(segment, segment.step('one', () => Promise.resolve(bytes('1')))).then(bytes));
      });
      const run = newRun();
      expect(await under.engine.start(run, bytes('hello'), { before: bytes('there at once') })).toBe(true);
      expect(await written(run, 'before')).toBe('there at once');
      await ended(run);
      expect([await written(run, 'seen'), await written(run, 'end'), await written(run, 'other'), await written('no-such-run', 'seen')]).toEqual(['hello', '1', null, null]);
      expect(await under.engine.runs()).toContain(run);
    });

    test('a run is begun once', async () => {
      let begun = 0;
      await under.serve(async (segment) => {
        await only(segment, segment.step('count', () => Promise.resolve(bytes(String(++begun)))));
        segment.write('end', bytes(''));
      });
      const run = await begin('first');
      await ended(run);
      expect(await under.engine.start(run, bytes('second'), { end: bytes('again') })).toBe(false);
      expect([begun, await written(run, 'end')]).toEqual([1, '']);
    });

    test('a run that was begun while nobody served is driven later', async () => {
      const run = await begin();
      await under.serve((segment) => Promise.resolve(segment.write('end', bytes(''))));
      await ended(run);
    });

    test('what a step gave is the same in later attempts, and it is not done again (E1)', async () => {
      const done: string[] = [];
      const seen: string[] = [];
      const drive: DriveSegment = async (segment) => {
        for (const name of ['a', 'b']) {
          seen.push(await only(segment, segment.step(name, () => Promise.resolve(bytes(`${name}${done.push(name)}`)))));
        }
        segment.write('waits', bytes(''));
        await only(segment, segment.message(1));
        segment.write('end', bytes(''));
      };
      await interrupted(drive, 'waits');
      expect(done).toEqual(['a', 'b']);
      expect(new Set(seen)).toEqual(new Set(['a1', 'b2']));
    });

    test('a step whose end was not written down is done again (E1)', async () => {
      let begun = 0;
      const drive: DriveSegment = async (segment) => {
        const step = segment.step('slow', () => (++begun === 1 ? new Promise<never>(() => undefined) : Promise.resolve(bytes(`attempt ${begun}`))));
        segment.write('end', bytes(await only(segment, step)));
      };
      await under.serve(drive);
      const run = await begin();
      await until(() => begun === 1, 'the first attempt');
      await under.crash();
      await under.serve(drive);
      await ended(run);
      expect(await written(run, 'end')).toBe('attempt 2');
    });

    test('which of several came first is the same in later attempts (E2)', async () => {
      const orders: string[][] = [];
      const drive: DriveSegment = async (segment) => {
        const order: string[] = [];
        orders.push(order);
        const waits = [40, 5, 80, 20].map((ms, i) => segment.step(`step ${i}`, () => new Promise((resolve) => setTimeout(() => resolve(bytes(String(i))), orders.length > 1 ? 100 - ms : ms))));
        const open = new Set<Pending>([...waits, segment.timer(60), segment.message(1)]);
        while (open.size > 0) {
          const settled: Settled = await segment.first([...open]);
          if (settled.kind === 'cancelled') continue;
          open.delete(settled.pending);
          order.push(settled.pending.what === 'step' ? text(settled.bytes)! : settled.pending.what);
          if (order.length === 3) segment.write('three', bytes(''));
        }
        segment.write('end', bytes(order.join(' ')));
      };
      const run = await interrupted(drive, 'three');
      const last = (await written(run, 'end'))!.split(' ');
      expect(orders.length).toBeGreaterThan(1);
      expect(orders[0]!.length).toBeGreaterThanOrEqual(3);
      // What an earlier attempt saw is how the last one begins.
      for (const order of orders) expect(last.slice(0, order.length)).toEqual(order);
      expect([...last].sort()).toEqual(['0', '1', '2', '3', 'message', 'timer']);
    });

    test('what is not waited for any more is not done in later attempts', async () => {
      let abandoned = 0;
      let begun: () => void = () => undefined;
      const hasBegun = new Promise<void>((resolve) => (begun = resolve));
      const drive: DriveSegment = async (segment) => {
        const slow = segment.step('slow', () => (++abandoned, begun(), new Promise<never>(() => undefined)));
        // An engine may be done with one before it begins the other.
        const quick = segment.step('quick', () => hasBegun.then(() => bytes('')));
        await segment.first([slow, quick]);
        segment.write('waits', bytes(''));
        await only(segment, segment.message(1));
        segment.write('end', bytes(''));
      };
      await interrupted(drive, 'waits');
      expect(abandoned).toBe(1);
    });

    test('messages come in order, none is lost, whenever they are said (E3)', async () => {
      const drive: DriveSegment = async (segment, input) => {
        const [from, heard] = JSON.parse(text(input)!) as [number, string[]];
        // Each segment hears three, the third one ends the run.
        for (let i = 0; i < 3; i++) heard.push(await only(segment, segment.message(from + i)));
        if (heard.length < 9) segment.handOver(bytes(JSON.stringify([from + 3, heard])));
        else segment.write('end', bytes(heard.join(' ')));
      };
      const run = newRun();
      await under.engine.start(run, bytes('[1,[]]'), {});
      for (const said of ['1', '2']) expect(await under.engine.tell(run, bytes(said))).toBe(true);
      await under.serve(drive);
      for (const said of ['3', '4', '5']) await under.engine.tell(run, bytes(said));
      await under.crash();
      await under.engine.tell(run, bytes('6'));
      await under.serve(drive);
      for (const said of ['7', '8', '9', '10']) await under.engine.tell(run, bytes(said));
      await ended(run);
      expect(await written(run, 'end')).toBe('1 2 3 4 5 6 7 8 9');
      expect(await under.engine.tell('no-such-run', bytes(''))).toBe(false);
    });

    test('a message says when it came', async () => {
      await under.serve(async (segment) => {
        const settled = await segment.first([segment.message(1)]);
        segment.write('end', bytes(settled.kind === 'settled' ? String(settled.atMs) : ''));
      });
      const run = await begin();
      const before = Date.now();
      await under.engine.tell(run, bytes(''));
      await ended(run);
      const atMs = Number(await written(run, 'end'));
      expect(atMs).toBeGreaterThanOrEqual(before - 1_000);
      expect(atMs).toBeLessThanOrEqual(Date.now() + 1_000);
    });

    test('a timer goes on while nobody drives the run', async () => {
      const drive: DriveSegment = async (segment) => {
        await only(segment, segment.step('begin', () => Promise.resolve(bytes(''))));
        segment.write('waits', bytes(''));
        await segment.first([segment.timer(300)]);
        segment.write('end', bytes(''));
      };
      await under.serve(drive);
      const run = await begin();
      await marked(run, 'waits');
      await under.crash();
      await new Promise((resolve) => setTimeout(resolve, 350));
      expect(await written(run, 'end')).toBe(null);
      await under.serve(drive);
      await ended(run);
    });

    test('segments follow each other, one at a time, each with the input that it was handed (E4)', async () => {
      let active = 0;
      let most = 0;
      await under.serve(async (segment, input) => {
        most = Math.max(most, ++active);
        const count = Number(text(input));
        await only(segment, segment.step('wait', () => new Promise((resolve) => setTimeout(() => resolve(bytes('')), 5))));
        active -= 1;
        if (count < 6) segment.handOver(bytes(String(count + 1)));
        else segment.write('end', bytes(String(count)));
      });
      const run = await begin('1');
      await ended(run);
      expect([await written(run, 'end'), most]).toEqual(['6', 1]);
    });

    test('a cancelled run hears of it once, and goes on', async () => {
      const drive: DriveSegment = async (segment) => {
        segment.write('waits', bytes(''));
        const message = segment.message(1);
        const first = await segment.first([message, segment.timer(3_600_000)]);
        segment.write('cancelled', bytes(first.kind));
        const undone = await only(segment, segment.step('undo', () => Promise.resolve(bytes('undone'))));
        const second = await segment.first([message]);
        segment.write('end', bytes(`${undone} ${second.kind}`));
      };
      await under.serve(drive);
      const run = await begin();
      await marked(run, 'waits');
      await under.cancel(run);
      await marked(run, 'cancelled');
      await under.crash();
      await under.serve(drive);
      await under.engine.tell(run, bytes(''));
      await ended(run);
      expect([await written(run, 'cancelled'), await written(run, 'end')]).toEqual(['cancelled', 'undone settled']);
    });

    test('an attempt that fails is followed by another one', async () => {
      let attempts = 0;
      let steps = 0;
      await under.serve(async (segment) => {
        await only(segment, segment.step('one', () => Promise.resolve(bytes(String(++steps)))));
        if (++attempts < 3) throw new Error('this attempt fails');
        segment.write('end', bytes(''));
      });
      await ended(await begin());
      expect([attempts, steps]).toEqual([3, 1]);
    });

    test('a run that has ended can be removed, and its id is free then', async () => {
      await under.serve((segment, input) => Promise.resolve(segment.write('end', input)));
      const [run, other] = [await begin('one'), await begin('other')];
      await ended(run);
      await ended(other);
      await under.engine.remove(run);
      expect([await written(run, 'end'), await written(other, 'end'), await under.engine.tell(run, bytes(''))]).toEqual([null, 'other', false]);
      expect((await under.engine.runs()).filter((one) => one === run || one === other)).toEqual([other]);
      expect(await under.engine.start(run, bytes('two'), {})).toBe(true);
      await ended(run);
      expect(await written(run, 'end')).toBe('two');
    });

    test('many steps work at the same time', async () => {
      let begun = 0;
      let allBegun = (): void => undefined;
      const all = new Promise<void>((resolve) => (allBegun = resolve));
      await under.serve(async (segment) => {
        // None ends before the last one has begun.
        const work = async (): Promise<Uint8Array> => {
          if (++begun === 200) allBegun();
          await all;
          return bytes('');
        };
        const open = new Set<Pending>(Array.from({ length: 200 }, (_, i) => segment.step(`step ${i}`, work)));
        while (open.size > 0) {
          const settled = await segment.first([...open]);
          if (settled.kind === 'settled') open.delete(settled.pending);
        }
        segment.write('end', bytes(''));
      });
      await ended(await begin());
      expect(begun).toBe(200);
    });

    test('content is there under its name, however large', async () => {
      const { content } = under.engine;
      const large = new Uint8Array(5 * 1024 ** 2).map((_, i) => (i * 31) & 0xff);
      const name = `${'0'.repeat(40)}${Date.now().toString(16)}`;
      expect(await content.read(name)).toBe(null);
      await content.write(name, large);
      await content.write(name, large);
      await content.write(`${name}0`, bytes('small'));
      expect(Buffer.compare((await content.read(name))!, large)).toBe(0);
      expect(text(await content.read(`${name}0`))).toBe('small');
    });

    test('names say what they were last given', async () => {
      const { names } = under.engine;
      const name = `plans/a b ${Date.now()}.rtfs`;
      expect(await names.read(name)).toBe(null);
      await names.write(name, 'one');
      await names.write(name, 'two');
      expect(await names.read(name)).toBe('two');
    });
  });
}
