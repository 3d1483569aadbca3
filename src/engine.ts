/** The door of `rtfs/engine`: runs on a durable engine, and what such an engine must give. `docs/engines.md` says it at length. */
export type { CallbackEngine } from './host/engine/callback.ts';
export { copyRun, deployPlan, engineEvents, engineRecords, engineStatus, type NewEngineRun, startPlan } from './host/engine/client.ts';
export type { EngineStatus } from './host/engine/documents.ts';
export { createMemoryEngine, type MemoryEngine } from './host/engine/memory.ts';
export type { DriveSegment, Engine, EngineContent, EngineNames, Pending, Segment, Settled } from './host/engine/port.ts';
export { segmentDriver } from './host/engine/segment.ts';
export type { EngineWorld, SegmentLimits } from './host/engine/world.ts';
