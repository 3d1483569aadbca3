/** Metrics in the text format of Prometheus, and its samples one by one. */
import type { Labels, Metric } from './metrics.ts';

export interface Sample {
  readonly name: string;
  readonly labels: Labels;
  readonly value: number;
}

/** A histogram is several: `NAME_bucket` by upper bound (`le`, each with all below it), `NAME_sum`, `NAME_count`. */
export function samplesOf(metrics: readonly Metric[]): readonly Sample[] {
  return metrics.flatMap(samplesOfOne);
}

function samplesOfOne(metric: Metric): readonly Sample[] {
  const { name } = metric;
  if (metric.kind !== 'histogram') return metric.points.map((point) => ({ name, ...point }));
  return metric.points.flatMap(({ labels, count, sum, buckets }) => {
    let below = 0;
    const each = buckets.map((held, i) => ({ name: `${name}_bucket`, labels: { ...labels, le: String(metric.bounds[i] ?? '+Inf') }, value: (below += held) }));
    return [...each, { name: `${name}_sum`, labels, value: sum }, { name: `${name}_count`, labels, value: count }];
  });
}

export function prometheusText(metrics: readonly Metric[]): string {
  const lines = metrics.flatMap((metric) => [
    `# HELP ${metric.name} ${metric.help}`,
    `# TYPE ${metric.name} ${metric.kind === 'count' ? 'counter' : metric.kind}`,
    ...samplesOfOne(metric).map(({ name, labels, value }) => `${name}${labelText(labels)} ${value}`),
  ]);
  return lines.map((line) => `${line}\n`).join('');
}

function labelText(labels: Labels): string {
  const texts = Object.entries(labels).map(([name, value]) => `${name}="${value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')}"`);
  return `{${texts.join(',')}}`;
}
