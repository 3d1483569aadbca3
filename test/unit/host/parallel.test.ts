/** Branches wait together: on a clock that the test moves, three calls of 100 ms take 100 ms. */
import { describe, expect, test } from 'vitest';
import { startProgram } from '../../../src/host/compile.ts';
import { run } from '../../../src/host/run.ts';
import { openHost, readGrants } from '../../../src/host/open.ts';
import { printValue } from '../../../src/value/print.ts';
import { testEnvironment } from '../../support/environment.ts';
import { compiled } from '../../support/journey.ts';
import { ManualClock, MemoryConsole } from './support.ts';

const environment = testEnvironment();

async function timed(text: string): Promise<{ readonly value: string; readonly tookMs: number }> {
  const clock = new ManualClock();
  const grants = readGrants(['time'], '/');
  if (!grants.ok) throw new Error('no grants');
  const host = openHost({ grants: grants.value, baseDirectory: '/', console: new MemoryConsole(), clock });
  const from = clock.nowMs();
  const running = run(compiled(environment, text), host);
  let done = false;
  void running.then(() => (done = true));
  for (let turn = 0; turn < 500 && !done; turn++) {
    await new Promise((resolve) => setImmediate(resolve));
    if (!done && turn % 5 === 4) await clock.advance(10);
  }
  const result = await running;
  const value = result.kind === 'complete' ? (printValue(result.value) ?? '…') : result.kind === 'failed' ? `! ${result.error.message}` : result.kind;
  return { value, tookMs: clock.nowMs() - from };
}

describe('time', () => {
  test('three calls of 100 ms in three branches take 100 ms', async () => {
    const { value, tookMs } = await timed('(step-parallel (do (call :time.sleep 100) 1) (do (call :time.sleep 100) 2) (do (call :time.sleep 100) 3))');
    expect(value).toBe('[1 2 3]');
    expect(tookMs).toBe(100);
  });

  test('one after the other they take 300 ms', async () => {
    const { tookMs } = await timed('(step-parallel :max-concurrency 1 (call :time.sleep 100) (call :time.sleep 100) (call :time.sleep 100))');
    expect(tookMs).toBe(300);
  });

  test('a step ends at its deadline, and what it waited for is dropped', async () => {
    const { value, tookMs } = await timed('(try (step "slow" :timeout-ms 50 (call :time.sleep 1000)) (catch :error/timeout e (:message e)))');
    expect(value).toBe('"Timeout: step \\"slow\\" took longer than 50 ms"');
    expect(tookMs).toBe(50);
  });

  test('a step that ends in time leaves no deadline behind', async () => {
    const { value, tookMs } = await timed('(do (step "quick" :timeout-ms 500 (call :time.sleep 20)) (call :time.sleep 20))');
    expect(value).toBe('nil');
    expect(tookMs).toBe(40);
  });

  test('back-off doubles', async () => {
    const { value, tookMs } = await timed('(try (step "r" :retries {:max 3 :backoff-ms 20} (throw (ex-info "no" {}))) (catch e (:message e)))');
    expect(value).toBe('"no"');
    expect(tookMs).toBe(140);
  });
});

test('a program that was only started has made no call', () => {
  expect(startProgram(compiled(environment, '(step "a" (call :x))')).outcome.kind).toBe('requires-host');
});
