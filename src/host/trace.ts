/**
 * Ids of traces (W3C Trace Context) as functions of the run and the place of the call in it, so that a run that is repeated has the same
 * ones: the trace is the run, the span the call.
 */
import { createHash } from 'node:crypto';

export function traceParent(run: string, callId: string): string {
  return `00-${hex('rtfs/trace', [run], 32)}-${hex('rtfs/span', [run, callId], 16)}-01`;
}

function hex(domain: string, parts: readonly string[], digits: number): string {
  const hash = createHash('sha256').update([domain, ...parts].join('\0')).digest('hex').slice(0, digits);
  return /[^0]/.test(hash) ? hash : `${hash.slice(1)}1`; // all zeros are no id
}
