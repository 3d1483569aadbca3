/**
 * The door of `rtfs/kernel`: running and resuming programs that were compiled elsewhere. Without a reader, so a host that
 * only resumes saved runs loads a fraction of the whole; and with the primitives of the language alone. What the standard
 * library brings stands behind doors of its own (`rtfs/primitives`, `rtfs/library`), so that a host loads what its plans
 * use. Names are re-exported by hand.
 */
export type { Diagnostic, RelatedPlace, Result, Severity, StackEntry } from './diagnostic/diagnostic.ts';
export type { Span } from './diagnostic/span.ts';
export { CodeTable, type CodeSource } from './evaluator/code.ts';
export { comparePositions, type Origin } from './evaluator/event.ts';
export { cancel, exposedContext, remaining, resume, type ResumeOptions, start, type StartOptions, updateContext } from './evaluator/kernel.ts';
export { DEFAULT_LIMITS, type LimitName, type Limits } from './evaluator/limits.ts';
export { languagePrimitives } from './evaluator/primitives/language.ts';
export type { Primitive } from './evaluator/primitives/primitive.ts';
export { PrimitiveTable } from './evaluator/primitives/registry.ts';
export { type ErrorKind, errorValue } from './evaluator/raise.ts';
export { restore, snapshot } from './evaluator/snapshot.ts';
export type { Advance, Answer, Event, Exposure, HostCall, Outcome, State, Status } from './evaluator/state.ts';
export { type LibraryImage, LoadedLibrary } from './ir/image.ts';
export type { Definition } from './ir/node.ts';
export { decodeValue, encodeValue } from './value/bytes.ts';
export { hashValue } from './value/hash.ts';
export { List } from './value/list.ts';
export { MapValue } from './value/map.ts';
export { compare, equals, isSame } from './value/order.ts';
export { displayValue, printBrief, printValue } from './value/print.ts';
export { SetValue } from './value/set.ts';
export {
  Closure, ErrorValue, Float, Handle, isFloat, isInteger, Keyword, keyword, type KindName, kindOf, makeFloat, PrimitiveFunction, symbol, SymbolValue,
  Timestamp, Uuid, type Value,
} from './value/value.ts';
export { Vector } from './value/vector.ts';
