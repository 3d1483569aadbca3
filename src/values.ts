/** The door of `rtfs/values`: values and events in the notations of others, for hosts that speak JSON or JavaScript. */
export { eventToJson } from './evaluator/event-value.ts';
export { parseJson } from './value/json-read.ts';
export { writeJson } from './value/json-write.ts';
export { fromPlain, type Plain, toPlain } from './value/plain.ts';
export type { Value } from './value/value.ts';
