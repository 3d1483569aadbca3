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

// Running them in the world.
export { checkExpectation, type Expectation, type Mode, MODES, readConformance } from './host/conformance.ts';
export { Approvals } from './host/executor/capability.ts';
export { type Candidate, delegate, type DelegatedCall, type Delegation, type Signals, type Target } from './host/delegation.ts';
export { HostFailure } from './host/failure.ts';
export { type FetchValues, loopKernel } from './host/kernel.ts';
export { callWithHints, type HintedCall, HintMemory } from './host/hint/drive.ts';
export { historyValue, readHistory } from './host/hint/history.ts';
export { type Hints, hintsOf } from './host/hint/hints.ts';
export type { HintApplied } from './host/hint/plan.ts';
export { hintStateValue, percentile, readHintState } from './host/hint/state.ts';
export { drive, type LoopOptions, type RunResult } from './host/loop.ts';
export { declareFunction, type FunctionDeclaration } from './host/manifest/declare.ts';
export { type Approval, type Manifest, manifestOf } from './host/manifest/manifest.ts';
export { type CapabilityFile, readCapabilities } from './host/manifest/read.ts';
export { type HostOptions, openHost, openPureHost, readGrants, readPolicyDocument } from './host/open.ts';
export { type Ledger, ledgerValue, openLedger, readLedger, release, type Reservation, reserve, settle, spent } from './host/security/budget.ts';
export type { Constitution } from './host/security/constitution.ts';
export { readConstitution } from './host/security/constitution-text.ts';
export { type Denial, denialText, denialValue, readDenial } from './host/security/denial.ts';
export { readDocument } from './host/security/document.ts';
export { Governor } from './host/security/governance.ts';
export { type NamedPolicy, policyText } from './host/security/policy-text.ts';
export { narrow, type RuntimeContext } from './host/security/runtime-context.ts';
export type { SecretSource } from './host/security/secret.ts';
export type { CallContext, Capability, CapabilityRegistry, Clock, Console, Decision, Determinism, Grant, Host, Observer, Policy } from './host/port.ts';
export { run, type RunOptions } from './host/run.ts';

// Durable runs: the journal and where it is kept.
export { chainRecords } from './host/journal/chain.ts';
export { type ChainCheck, type ChainFault, type ChainReport, createChainCheck, type SignatureCheck } from './host/journal/chain-check.ts';
export { nodeSha256, type Sha256 } from './host/journal/digest.ts';
export { collectGarbage, type Collection } from './host/journal/gc.ts';
export type { ContentFault, ContentRules } from './host/journal/content.ts';
export { headCheck, keyDirectory, KeyProblem, type Keys, type KnownKeys, openKeys, signHead, type Signer } from './host/journal/keys.ts';
export { decodeRecord, type JournalRecord, type RecordDraft, type RecordKind, WITHOUT_CODE } from './host/journal/record.ts';
export { type RunReport, type StoreReport, verifyStore, type VerifyOptions } from './host/journal/verify.ts';
export { CONTENT_RULES } from './host/durable/content-rules.ts';
export { type DriveOptions, type Keeping, type NewRunOptions, type OptionsFor, type ResumeProblem, resumeRun, startRun } from './host/durable/driver.ts';
export { Facts } from './host/durable/facts.ts';
export { readRecords } from './host/durable/history.ts';
export { encodeMessage, type MessageKind } from './host/durable/message.ts';
export type { CheckpointPolicy, ParkPolicy } from './host/durable/recorder.ts';
export { Supervisor, type SupervisorOptions } from './host/durable/supervisor.ts';
export { type KeepingOptions, openKeeping, openMemoryKeeping } from './host/open-store.ts';
export { createMemoryStore, type MemoryStoreOptions } from './host/store/memory.ts';
export { isGone, newOwner } from './host/store/owner.ts';
export {
  type Acquisition, type Batch, type Content, type Hash, type Head, type Lease, type Message, type NewRun, type Owner, type RowChange, type RunFilter, type RunRow, type RunStatus,
  type SignedHead, type Store, type StoredRecord, StoreProblem,
} from './host/store/port.ts';
export { openSqliteStore, type SqliteStoreOptions } from './host/store/sqlite.ts';
