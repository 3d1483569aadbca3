/**
 * The door of `rtfs/primitives`: the table of all primitives, those of the standard library among them. A kernel whose
 * plans use more than the language gets this table. Names are re-exported by hand.
 */
export { primitiveTable } from './evaluator/primitives/all.ts';
export type { Regex, RegexEngine } from './evaluator/primitives/regex-engine.ts';
export type { PrimitiveTable } from './evaluator/primitives/registry.ts';
