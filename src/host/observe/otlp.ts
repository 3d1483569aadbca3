/**
 * Metrics as OpenTelemetry's protocol has them in JSON: an `ExportMetricsServiceRequest`, which a collector takes at `/v1/metrics`
 * with the content type `application/json`, and reads from files.
 *
 * What that encoding asks for: names in camel case, whole numbers of 64 bits and times in nanoseconds as strings, members of
 * enumerations as numbers. Counts are cumulative: from the first record of the journals to the last one.
 */
import type { Labels, Metric, Period } from './metrics.ts';

/** `AGGREGATION_TEMPORALITY_CUMULATIVE`. */
const CUMULATIVE = 2;

/** Plain data for `JSON.stringify`. Without a period there is nothing to tell, and no metric in it. */
export function otlpDocument(metrics: readonly Metric[], period: Period | null, version: string): unknown {
  const times = period === null ? null : { startTimeUnixNano: nanoseconds(period.fromMs), timeUnixNano: nanoseconds(period.toMs) };
  return {
    resourceMetrics: [
      {
        resource: { attributes: attributes({ 'service.name': 'rtfs', 'service.version': version }) },
        scopeMetrics: [{ scope: { name: 'rtfs', version }, metrics: times === null ? [] : metrics.map((metric) => metricDocument(metric, times)) }],
      },
    ],
  };
}

interface Times {
  readonly startTimeUnixNano: string;
  readonly timeUnixNano: string;
}

function metricDocument(metric: Metric, times: Times): unknown {
  const { name, help: description, unit } = metric;
  switch (metric.kind) {
    case 'count':
      return { name, description, unit, sum: { aggregationTemporality: CUMULATIVE, isMonotonic: true, dataPoints: metric.points.map(({ labels, value }) => ({ attributes: attributes(labels), ...times, asInt: String(value) })) } };
    case 'gauge':
      return { name, description, unit, gauge: { dataPoints: metric.points.map(({ labels, value }) => ({ attributes: attributes(labels), timeUnixNano: times.timeUnixNano, asInt: String(value) })) } };
    case 'histogram':
      return {
        name, description, unit,
        histogram: {
          aggregationTemporality: CUMULATIVE,
          dataPoints: metric.points.map(({ labels, count, sum, buckets }) => ({
            attributes: attributes(labels), ...times, count: String(count), sum, bucketCounts: buckets.map(String), explicitBounds: metric.bounds,
          })),
        },
      };
  }
}

function attributes(labels: Labels): unknown {
  return Object.entries(labels).map(([key, value]) => ({ key, value: { stringValue: value } }));
}

function nanoseconds(timeMs: number): string {
  return String(BigInt(timeMs) * 1_000_000n);
}
