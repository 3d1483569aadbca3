/** `:step.checkpoint`: a plan asks for a checkpoint. Only runs that are kept write one; for all others it is nothing. */
import { Keyword, type Value } from '../value/value.ts';

export const CHECKPOINT = 'step.checkpoint';

/** What the arguments of the call name; null when they do not. Where a checkpoint is named, a number would mean a record. */
export function checkpointLabel(args: readonly Value[]): string | null {
  const [label = null] = args;
  const text = label instanceof Keyword ? label.name : label;
  return args.length !== 1 || typeof text !== 'string' || text.trim() === '' || Number.isInteger(Number(text)) ? null : text;
}
