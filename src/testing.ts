/**
 * The door of `rtfs/testing`: fake capabilities, scripted hosts, a clock that tests move, what a run did as text. Property tests find
 * values and programs behind `rtfs/testing/arbitraries`. Names are re-exported by hand.
 */
export { testClock, type TestClock } from './testing/clock.ts';
export { assertEffects, callText, type Effect, recordRun, type RunRecord } from './testing/effects.ts';
export { type FakeAnswer, type FakeAnswers, fakeCapability, type FakeCapability } from './testing/fake.ts';
export { type ScriptedHost, scriptedHost, type ScriptLine } from './testing/script.ts';
