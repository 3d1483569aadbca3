/** Numbers and sinks: whatever is told of runs comes from their journals, and all of it (CC-5, CC-6). */
import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { readRecords } from '../../../../src/host/durable/history.ts';
import { Metrics } from '../../../../src/host/observe/metrics.ts';
import { deliver, jsonLinesSink } from '../../../../src/host/observe/sink.ts';
import { recordData } from '../../../../src/host/journal/record.ts';
import { PLANS, planWorld } from '../durable/plans.ts';
import { programOf, type World } from '../durable/support.ts';

const directory = mkdtempSync(path.join(tmpdir(), 'rtfs-observe-'));
afterAll(() => rmSync(directory, { recursive: true }));

async function worldWithRuns(): Promise<World> {
  const one = planWorld();
  for (const [i, [, text]] of PLANS.entries()) await one.process().start(programOf(text), { id: `run-${i}` });
  return one;
}

describe('metrics', () => {
  test('are what a recount of the records gives', async () => {
    const one = await worldWithRuns();
    const metrics = new Metrics();
    const kinds: Record<string, number> = {};
    for (const { id } of await one.store.runs()) {
      const records = await readRecords(one.store, id);
      for (const record of records.ok ? records.value : []) {
        metrics.add(record);
        kinds[record.kind] = (kinds[record.kind] ?? 0) + 1;
      }
    }
    const samples = metrics.samples();
    const of = (name: string): Record<string, number> => Object.fromEntries(samples.filter((one) => one.name === name).map(({ labels, value }) => [Object.values(labels).join(' '), value]));
    expect(of('rtfs_records_total')).toEqual(kinds);
    // Every effect that the world has felt is one call that has an answer.
    const felt: Record<string, number> = {};
    for (const { id } of one.effects) felt[`${id} ${id === 'fail' ? 'error' : 'ok'}`] = (felt[`${id} ${id === 'fail' ? 'error' : 'ok'}`] ?? 0) + 1;
    expect(of('rtfs_calls_total')).toEqual(felt);
    expect(Object.values(of('rtfs_call_duration_ms_count')).reduce((a, b) => a + b, 0)).toBe(one.effects.length);
    expect(of('rtfs_events_total')['step-started']).toBeGreaterThan(3);
  });

  test('are text that Prometheus reads, whatever names there are', () => {
    const metrics = new Metrics();
    const base = { run: 'r', seq: 1, previous: '0'.repeat(64), timeMs: 0 };
    metrics.add({ ...base, kind: 'call-requested', data: recordData({ call: '1', capability: 'a"b\\c\nd' }) });
    metrics.add({ ...base, kind: 'call-answered', data: recordData({ call: '1', value: 1, 'duration-ms': 7 }) });
    metrics.add({ ...base, kind: 'call-requested', data: recordData({ call: '2', capability: 'pay', refused: 'no' }) });
    metrics.add({ ...base, kind: 'call-answered', data: recordData({ call: '2' }) });
    const name = 'a\\"b\\\\c\\nd';
    expect(metrics.text()).toBe(`# HELP rtfs_records_total records of journals, by kind
# TYPE rtfs_records_total counter
rtfs_records_total{kind="call-answered"} 2
rtfs_records_total{kind="call-requested"} 2
# HELP rtfs_calls_total calls that have an answer, by capability and by what came of them: ok, error, refused
# TYPE rtfs_calls_total counter
rtfs_calls_total{capability="${name}",outcome="ok"} 1
rtfs_calls_total{capability="pay",outcome="refused"} 1
# HELP rtfs_call_duration_ms_sum milliseconds between making a call and its answer, by capability
# TYPE rtfs_call_duration_ms_sum counter
rtfs_call_duration_ms_sum{capability="${name}"} 7
# HELP rtfs_call_duration_ms_count calls that were made and have an answer, by capability
# TYPE rtfs_call_duration_ms_count counter
rtfs_call_duration_ms_count{capability="${name}"} 1
`);
  });
});

describe('a sink', () => {
  const linesOf = (file: string): readonly { readonly run: string; readonly seq: number; readonly kind: string; readonly data: Readonly<Record<string, unknown>> }[] =>
    readFileSync(file, 'utf8').split('\n').slice(0, -1).map((line) => JSON.parse(line) as ReturnType<typeof linesOf>[number]);

  test('gets every record once and in order, also when it goes on later and its last line was cut off', async () => {
    const one = await worldWithRuns();
    const file = path.join(directory, 'all.jsonl');
    const rows = await one.store.runs();
    const all = rows.reduce((sum, { head }) => sum + head.seq, 0);
    expect(await deliver(one.store, jsonLinesSink(file))).toEqual({ records: all, failures: [] });
    expect(await deliver(one.store, jsonLinesSink(file))).toEqual({ records: 0, failures: [] });
    await one.process().start(programOf(PLANS[0]![1]), { id: 'later' });
    appendFileSync(file, '{"run":"later","seq":1,"ti');
    await deliver(one.store, jsonLinesSink(file));
    const lines = linesOf(file);
    for (const { id, head } of await one.store.runs()) expect(lines.filter(({ run }) => run === id).map(({ seq }) => seq)).toEqual(Array.from({ length: head.seq }, (_, i) => i + 1));
    expect(lines.find(({ kind }) => kind === 'run-complete')?.data).toHaveProperty('value');
  });

  test('that fails stops nobody, and is given the same again', async () => {
    const one = await worldWithRuns();
    const file = path.join(directory, 'some.jsonl');
    const good = jsonLinesSink(file);
    let tries = 0;
    const bad = { last: good.last, take: (records: Parameters<typeof good.take>[0]) => { if (++tries === 2) throw new Error('the line is down'); return good.take(records); } };
    const first = await deliver(one.store, bad);
    expect(first.failures).toEqual([{ run: 'run-4', reason: 'the line is down' }]);
    const second = await deliver(one.store, bad);
    expect(second.failures).toEqual([]);
    expect(first.records + second.records).toBe((await one.store.runs()).reduce((sum, { head }) => sum + head.seq, 0));
    expect(linesOf(file)).toHaveLength(first.records + second.records);
  });

  test.each(['{"shopping":"list"}\n', 'dear diary', 'dear\ndiary\n', '{"run":"a","seq":1}\ndear diary'])('is no file of something else, which stays as it is: %j', (text) => {
    const file = path.join(directory, 'other.jsonl');
    writeFileSync(file, text);
    expect(() => jsonLinesSink(file)).toThrow('the file holds something else than records: name another');
    expect(readFileSync(file, 'utf8')).toBe(text);
  });
});
