/**
 * The door of `rtfs`: compiling, running and resuming programs, the values they work on, and what is said about them.
 * Names are re-exported by hand.
 */
// The kernel, and all that stands behind doors of its own beside it (`rtfs/primitives`, `rtfs/library`, `rtfs/values`).
export type { Diagnostic, RelatedPlace, Result, Severity, StackEntry } from './diagnostic/diagnostic.ts';
export type { Span } from './diagnostic/span.ts';
export { CodeTable, type CodeSource } from './evaluator/code.ts';
export { comparePositions, type Origin } from './evaluator/event.ts';
export { eventToJson } from './evaluator/event-value.ts';
export { cancel, exposedContext, mergeContext, remaining, resume, type ResumeOptions, start, type StartOptions, updateContext } from './evaluator/kernel.ts';
export { DEFAULT_LIMITS, type LimitName, type Limits } from './evaluator/limits.ts';
export { primitiveTable } from './evaluator/primitives/all.ts';
export type { Regex, RegexEngine } from './evaluator/primitives/regex-engine.ts';
export { languagePrimitives } from './evaluator/primitives/language.ts';
export type { Primitive } from './evaluator/primitives/primitive.ts';
export { PrimitiveTable } from './evaluator/primitives/registry.ts';
export { type ErrorKind, errorValue } from './evaluator/raise.ts';
export { restore, snapshot } from './evaluator/snapshot.ts';
export type { Advance, Answer, Event, Exposure, HostCall, Outcome, State, Status } from './evaluator/state.ts';
export { type LibraryImage, LoadedLibrary } from './ir/image.ts';
export type { Definition } from './ir/node.ts';
export { IMAGE_TEXT as LIBRARY_IMAGE_TEXT } from './library/image.ts';
export { decodeValue, encodeValue } from './value/bytes.ts';
export { hashValue } from './value/hash.ts';
export { parseJson } from './value/json-read.ts';
export { writeJson } from './value/json-write.ts';
export { List } from './value/list.ts';
export { MapValue } from './value/map.ts';
export { compare, equals, isSame } from './value/order.ts';
export { fromPlain, type Plain, toPlain } from './value/plain.ts';
export { displayValue, printBrief, printValue } from './value/print.ts';
export { SetValue } from './value/set.ts';
export {
  Closure, ErrorValue, Float, Handle, isFloat, isInteger, Keyword, keyword, type KindName, kindOf, makeFloat, PrimitiveFunction, symbol, SymbolValue,
  Timestamp, Uuid, type Value,
} from './value/value.ts';
export { Vector } from './value/vector.ts';

// From text to programs.
export { archiveCode, type ArchiveOptions, type CodeArchive, openCode } from './host/code-archive.ts';
export { compile, type Compilation, type CompileOptions, createEnvironment, type Environment, newTable, type Program, type Source, startProgram } from './host/compile.ts';
export { createRe2Engine } from './evaluator/primitives/re2.ts';
export { readValue } from './parser/datum.ts';
export type { Form } from './parser/form.ts';
export { format, type Formatted } from './parser/format.ts';
export { read, type Reading, type ReadOptions } from './parser/reader.ts';

// What is said about programs.
export { type Code, CODES } from './diagnostic/codes.ts';
export { diagnostic, runtimeDiagnostic } from './diagnostic/diagnostic.ts';
export { type DiagnosticJson, diagnosticsToJson, diagnosticToJson } from './diagnostic/json.ts';
export type { SourceLookup } from './diagnostic/position.ts';
export { renderDiagnostic, renderDiagnostics, type RenderOptions } from './diagnostic/render.ts';
export { checkExpectation, type Expectation, type Mode, MODES, readConformance } from './host/conformance.ts';
