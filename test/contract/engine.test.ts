import { systemClock } from '../../src/host/clock.ts';
import { createMemoryEngine } from '../../src/host/engine/memory.ts';
import { engineContract } from './engine.ts';

engineContract('an engine in memory', () => {
  const engine = createMemoryEngine(systemClock);
  return Promise.resolve({
    engine,
    serve: (drive) => Promise.resolve(engine.serve(drive)),
    crash: () => Promise.resolve(engine.crash()),
    cancel: (run) => Promise.resolve(engine.cancel(run)),
    close: () => Promise.resolve(engine.crash()),
  });
});
