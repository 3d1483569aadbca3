/** The door of `rtfs/restate`: Restate as an engine. Only a worker needs the package `@restatedev/restate-sdk`. */
export { restateAddress, type RestateAddress, restateContent, restateEngine } from './host/engine/restate/engine.ts';
export { RestateProblem } from './host/engine/restate/http.ts';
export { type RestateWorker, type RestateWorkerOptions, serveRestate } from './host/engine/restate/worker.ts';
