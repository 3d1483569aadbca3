/**
 * The door of `rtfs/host`: running plans in a world. The loop and its ports, hosts made of functions, policies, and durable runs
 * with a store in memory; nothing of node, whose adapters are behind `rtfs/host/node`. Names are re-exported by hand.
 */
// Running.
export type { Passed } from './host/amounts.ts';
export type { Ceiling } from './host/branch/ceiling.ts';
export type { LeaseOptions, WorkersOptions } from './host/branch/lease.ts';
export { runWithWorkers } from './host/branch/run.ts';
export type { WorkerAddress } from './host/branch/session.ts';
export type { Callback, CallbackEnd, CallbackParent, CallbackRuns } from './host/callback/callback.ts';
export { systemClock } from './host/clock.ts';
export { type Candidate, delegate, type DelegatedCall, type Delegation, type Signals, type Target } from './host/delegation.ts';
export { Approvals } from './host/executor/approvals.ts';
export { HostFailure } from './host/failure.ts';
export { type DeclaredFunction, functionHost, type FunctionHostOptions, openPureHost, type PlainFunction } from './host/function-host.ts';
export { historyValue, readHistory } from './host/hint/history.ts';
export { type Hints, hintsOf } from './host/hint/hints.ts';
export type { HintApplied } from './host/hint/plan.ts';
export { hintStateValue, percentile, readHintState } from './host/hint/state.ts';
export { type FetchValues, loopKernel } from './host/kernel.ts';
export { drive, type LoopOptions, type RunResult } from './host/loop.ts';
export { declareFunction, type FunctionDeclaration } from './host/manifest/declare.ts';
export { type Approval, type Manifest, manifestOf } from './host/manifest/manifest.ts';
export { type CapabilityFile, readCapabilities } from './host/manifest/read.ts';
export type {
  Answer, Ask, CallBack, CallContext, Capability, CapabilityRegistry, Clock, Console, Decision, Determinism, Grant, Host, HostCall, Observer, Policy, PolicyRequest, Wait,
} from './host/port.ts';
export { capabilityRegistry } from './host/registry.ts';
export { run, type RunOptions } from './host/run.ts';

// Policies: all of it data and functions of data.
export { type Ledger, ledgerValue, openLedger, readLedger, release, type Reservation, reserve, settle, spent } from './host/security/budget.ts';
export type { Constitution } from './host/security/constitution.ts';
export { readConstitution } from './host/security/constitution-text.ts';
export { type Denial, denialText, denialValue, readDenial } from './host/security/denial.ts';
export { readDocument } from './host/security/document.ts';
export { Governor } from './host/security/governance.ts';
export { grantPolicy, type PolicyData } from './host/security/policy.ts';
export { type NamedPolicy, policyText } from './host/security/policy-text.ts';
export { narrow, type RuntimeContext } from './host/security/runtime-context.ts';
export type { SecretSource } from './host/security/secret.ts';

// Durable runs: the journal and where it is kept.
export { CONTENT_RULES } from './host/durable/content-rules.ts';
export { type DriveOptions, type Keeping, type NewRunOptions, type OptionsFor, type ResumeProblem, resumeRun, startRun } from './host/durable/driver.ts';
export { Facts } from './host/durable/facts.ts';
export { readRecords } from './host/durable/history.ts';
export { encodeMessage, type MessageKind } from './host/durable/message.ts';
export type { CheckpointPolicy, ParkPolicy } from './host/durable/recorder.ts';
export { Supervisor, type SupervisorOptions } from './host/durable/supervisor.ts';
export { chainRecords } from './host/journal/chain.ts';
export { type ChainCheck, type ChainFault, type ChainReport, createChainCheck, type SignatureCheck } from './host/journal/chain-check.ts';
export type { ContentFault, ContentRules } from './host/journal/content.ts';
export type { Sha256 } from './host/journal/digest.ts';
export { collectGarbage, type Collection } from './host/journal/gc.ts';
export { decodeRecord, type JournalRecord, type RecordDraft, type RecordKind, WITHOUT_CODE } from './host/journal/record.ts';
export { headCheck, type Keys, type KnownKeys, signHead, type Signer } from './host/journal/signature.ts';
export { type RunReport, type StoreReport, verifyStore, type VerifyOptions } from './host/journal/verify.ts';
export { type MemoryKeepingOptions, openMemoryKeeping } from './host/memory-keeping.ts';
export { createMemoryStore, type MemoryStoreOptions } from './host/store/memory.ts';
export {
  type Acquisition, type Batch, type Content, type Hash, type Head, type Lease, type Message, type NewRun, type Owner, type RowChange, type RunFilter, type RunRow, type RunStatus,
  type SignedHead, type Store, type StoredRecord, StoreProblem,
} from './host/store/port.ts';
export { sha256Hex } from './value/hash.ts';
