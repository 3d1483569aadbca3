/** `rtfs metrics`: numbers about the runs of a store. `rtfs export`: their records, for whoever reads lines of JSON. */
import { version } from '../../../package.json';
import { diagnostic } from '../../diagnostic/diagnostic.ts';
import { readRecords } from '../../host/durable/history.ts';
import { Metrics } from '../../host/observe/metrics.ts';
import { otlpDocument } from '../../host/observe/otlp.ts';
import { prometheusText, samplesOf } from '../../host/observe/prometheus.ts';
import { deliver, jsonLinesSink, type RecordSink } from '../../host/observe/sink.ts';
import { EXIT, type ExitCode } from '../exit.ts';
import type { ExportOptions, MetricsOptions } from '../invocation.ts';
import { reasonOf } from '../source.ts';
import type { Terminal } from '../terminal.ts';
import { withStore } from './with-store.ts';

export function metricsCommand(options: MetricsOptions, terminal: Terminal): Promise<ExitCode> {
  return withStore(options, { json: options.format === 'json', terminal }, async ({ keeping: { store } }, refuse) => {
    const metrics = new Metrics();
    for (const { id } of await store.runs()) {
      const records = await readRecords(store, id);
      if (!records.ok) return refuse(diagnostic('E0511', `the run ${id}: ${records.error}`, null));
      for (const record of records.value) metrics.add(record);
    }
    terminal.out(metricsText(metrics, options.format));
    return EXIT.ok;
  });
}

function metricsText(metrics: Metrics, format: MetricsOptions['format']): string {
  switch (format) {
    case 'prometheus':
      return prometheusText(metrics.all());
    case 'otlp':
      return `${JSON.stringify(otlpDocument(metrics.all(), metrics.period, version))}\n`;
    case 'json':
      return `${JSON.stringify(samplesOf(metrics.all()))}\n`;
  }
}

export function exportCommand(options: ExportOptions, terminal: Terminal): Promise<ExitCode> {
  return withStore(options, { json: options.json, terminal }, async ({ keeping: { store } }, refuse) => {
    const sink = openSink(options.file);
    if ('reason' in sink) return refuse(diagnostic('E0501', `cannot export to ${options.file}: ${sink.reason}`, null));
    const { records, failures } = await deliver(store, sink);
    terminal.out(options.json ? `${JSON.stringify({ records, failures })}\n` : `${records} records added to ${options.file}\n`);
    if (!options.json) for (const { run, reason } of failures) terminal.error(`the run ${run}: ${reason}\n`);
    return failures.length === 0 ? EXIT.ok : EXIT.failed;
  });
}

function openSink(file: string): RecordSink | { readonly reason: string } {
  try {
    return jsonLinesSink(file);
  } catch (cause) {
    // What the system says has a code; the rest is said by the sink itself.
    return { reason: cause instanceof Error && !('code' in cause) ? cause.message : reasonOf(cause) };
  }
}
