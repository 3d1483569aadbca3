/**
 * How little of a plan the step around a call had better see: what reaches out or destroys is best called from steps that
 * hold nothing else. Advice as data: a call from a more open step is a warning, and refused where the operator is strict.
 */
import type { Isolation } from '../port.ts';
import { familyOf } from './resource.ts';

const RECOMMENDED: ReadonlyMap<string, Isolation> = new Map([
  ['fs.write', 'isolated'],
  ['fs.append', 'isolated'],
  ['fs.delete', 'sandboxed'],
  ['http', 'isolated'],
  ['env', 'isolated'],
  ['secret', 'isolated'],
  ['model', 'isolated'],
  ['mcp', 'sandboxed'],
  ['process', 'sandboxed'],
]);

/** `inherit` where nothing speaks against it. */
export function recommendedIsolation(capability: string): Isolation {
  return RECOMMENDED.get(capability) ?? RECOMMENDED.get(familyOf(capability)) ?? 'inherit';
}
