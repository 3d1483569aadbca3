/** Numbers and sinks: whatever is told of runs comes from their journals, and all of it (CC-5, CC-6). */
import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { readRecords } from '../../../../src/host/durable/history.ts';
import { Metrics } from '../../../../src/host/observe/metrics.ts';
import { deliver, jsonLinesSink } from '../../../../src/host/observe/sink.ts';
import { otlpDocument } from '../../../../src/host/observe/otlp.ts';
import { prometheusText, samplesOf } from '../../../../src/host/observe/prometheus.ts';
import { type DraftData, type JournalRecord, recordData } from '../../../../src/host/journal/record.ts';
import { ErrorValue, keyword } from '../../../../src/value/value.ts';
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
    const samples = samplesOf(metrics.all());
    const of = (name: string): Record<string, number> => Object.fromEntries(samples.filter((one) => one.name === name).map(({ labels, value }) => [Object.values(labels).join(' '), value]));
    expect(of('rtfs_records_total')).toEqual(kinds);
    // Every effect that the world has felt is one call that has an answer.
    const felt: Record<string, number> = {};
    for (const { id } of one.effects) felt[`${id} ${id === 'fail' ? 'error' : 'ok'}`] = (felt[`${id} ${id === 'fail' ? 'error' : 'ok'}`] ?? 0) + 1;
    expect(of('rtfs_calls_total')).toEqual(felt);
    expect(Object.values(of('rtfs_call_duration_ms_count')).reduce((a, b) => a + b, 0)).toBe(one.effects.length);
    expect(of('rtfs_events_total')['step-started']).toBeGreaterThan(3);
    const statuses: Record<string, number> = {};
    for (const { status } of await one.store.runs()) statuses[status] = (statuses[status] ?? 0) + 1;
    expect(of('rtfs_runs')).toEqual(statuses);
  });

  /** Two runs that overlap: three calls of one capability (1 ms, 7 ms, two days), one that was refused, and a run that waits. */
  function handMade(): Metrics {
    const metrics = new Metrics();
    const record = (run: string, timeMs: number, kind: JournalRecord['kind'], data: DraftData): void =>
      metrics.add({ run, seq: 1, previous: '0'.repeat(64), timeMs, kind, data: recordData(data) });
    record('b', 2000, 'run-started', {});
    record('a', 1000, 'run-started', {});
    record('a', 1001, 'call-requested', { call: '1', capability: 'a"b\\c\nd' });
    record('b', 2001, 'call-requested', { call: '1', capability: 'a"b\\c\nd' });
    record('a', 1002, 'call-answered', { call: '1', value: 1, 'duration-ms': 1 });
    record('b', 2008, 'call-answered', { call: '1', error: new ErrorValue(keyword('error/host'), 'no', null, null, null), 'duration-ms': 7 });
    record('a', 1003, 'call-requested', { call: '2', capability: 'a"b\\c\nd' });
    record('a', 172_801_003, 'call-answered', { call: '2', value: 1, 'duration-ms': 172_800_000 });
    record('a', 172_801_004, 'call-requested', { call: '3', capability: 'pay', refused: 'no' });
    record('a', 172_801_004, 'call-answered', { call: '3' });
    record('a', 172_801_005, 'run-complete', {});
    record('b', 2009, 'run-waiting', {});
    return metrics;
  }

  test('are text that Prometheus reads, whatever names there are', () => {
    const name = 'a\\"b\\\\c\\nd';
    expect(prometheusText(handMade().all())).toBe(`# HELP rtfs_records_total records of journals, by kind
# TYPE rtfs_records_total counter
rtfs_records_total{kind="call-answered"} 4
rtfs_records_total{kind="call-requested"} 4
rtfs_records_total{kind="run-complete"} 1
rtfs_records_total{kind="run-started"} 2
rtfs_records_total{kind="run-waiting"} 1
# HELP rtfs_runs runs, by status
# TYPE rtfs_runs gauge
rtfs_runs{status="complete"} 1
rtfs_runs{status="waiting"} 1
# HELP rtfs_calls_total calls that have an answer, by capability and by what came of them: ok, error, refused
# TYPE rtfs_calls_total counter
rtfs_calls_total{capability="${name}",outcome="error"} 1
rtfs_calls_total{capability="${name}",outcome="ok"} 2
rtfs_calls_total{capability="pay",outcome="refused"} 1
# HELP rtfs_call_duration_ms milliseconds between making a call and its answer, by capability
# TYPE rtfs_call_duration_ms histogram
rtfs_call_duration_ms_bucket{capability="${name}",le="1"} 1
rtfs_call_duration_ms_bucket{capability="${name}",le="10"} 2
rtfs_call_duration_ms_bucket{capability="${name}",le="100"} 2
rtfs_call_duration_ms_bucket{capability="${name}",le="1000"} 2
rtfs_call_duration_ms_bucket{capability="${name}",le="10000"} 2
rtfs_call_duration_ms_bucket{capability="${name}",le="60000"} 2
rtfs_call_duration_ms_bucket{capability="${name}",le="600000"} 2
rtfs_call_duration_ms_bucket{capability="${name}",le="3600000"} 2
rtfs_call_duration_ms_bucket{capability="${name}",le="86400000"} 2
rtfs_call_duration_ms_bucket{capability="${name}",le="+Inf"} 3
rtfs_call_duration_ms_sum{capability="${name}"} 172800008
rtfs_call_duration_ms_count{capability="${name}"} 3
`);
  });

  test('are a request of OTLP in JSON, field by field', () => {
    const metrics = handMade();
    const attribute = (key: string, text: string): object => ({ key, value: { stringValue: text } });
    // From the first record (1000 ms) to the last one (172,801,005 ms), whichever run they are of.
    const times = { startTimeUnixNano: '1000000000', timeUnixNano: '172801005000000' };
    const total = (attributes: object[], asInt: string): object => ({ attributes, ...times, asInt });
    const sum = (dataPoints: object[]): object => ({ aggregationTemporality: 2, isMonotonic: true, dataPoints });
    expect(JSON.parse(JSON.stringify(otlpDocument(metrics.all(), metrics.period, '1.2.3')))).toEqual({
      resourceMetrics: [{
        resource: { attributes: [attribute('service.name', 'rtfs'), attribute('service.version', '1.2.3')] },
        scopeMetrics: [{
          scope: { name: 'rtfs', version: '1.2.3' },
          metrics: [
            {
              name: 'rtfs_records_total', description: 'records of journals, by kind', unit: '{record}',
              sum: sum([
                total([attribute('kind', 'call-answered')], '4'), total([attribute('kind', 'call-requested')], '4'), total([attribute('kind', 'run-complete')], '1'),
                total([attribute('kind', 'run-started')], '2'), total([attribute('kind', 'run-waiting')], '1'),
              ]),
            },
            {
              name: 'rtfs_runs', description: 'runs, by status', unit: '{run}',
              gauge: { dataPoints: ['complete', 'waiting'].map((status) => ({ attributes: [attribute('status', status)], timeUnixNano: times.timeUnixNano, asInt: '1' })) },
            },
            {
              name: 'rtfs_calls_total', description: 'calls that have an answer, by capability and by what came of them: ok, error, refused', unit: '{call}',
              sum: sum([
                total([attribute('capability', 'a"b\\c\nd'), attribute('outcome', 'error')], '1'), total([attribute('capability', 'a"b\\c\nd'), attribute('outcome', 'ok')], '2'),
                total([attribute('capability', 'pay'), attribute('outcome', 'refused')], '1'),
              ]),
            },
            {
              name: 'rtfs_call_duration_ms', description: 'milliseconds between making a call and its answer, by capability', unit: 'ms',
              histogram: {
                aggregationTemporality: 2,
                dataPoints: [{
                  attributes: [attribute('capability', 'a"b\\c\nd')], ...times, count: '3', sum: 172800008,
                  bucketCounts: ['1', '1', '0', '0', '0', '0', '0', '0', '0', '1'], explicitBounds: [1, 10, 100, 1000, 10000, 60000, 600000, 3600000, 86400000],
                }],
              },
            },
          ],
        }],
      }],
    });
  });

  test('of a store without records say nothing', () => {
    const metrics = new Metrics();
    expect(prometheusText(metrics.all())).toBe('');
    expect(otlpDocument(metrics.all(), metrics.period, '1.2.3')).toMatchObject({ resourceMetrics: [{ scopeMetrics: [{ metrics: [] }] }] });
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
