/**
 * The door of `rtfs/host/node`: the world as node gives it. Hosts with files, the network, processes and a console; runs kept in a file;
 * signing keys. Names are re-exported by hand.
 */
export { nodeSha256 } from './journal/digest.ts';
export { keyDirectory, KeyProblem, openKeys } from './journal/keys.ts';
export { type HttpOptions, type HttpService, serveHttp } from './protocol/http.ts';
export { serveLines } from './protocol/lines.ts';
export { type KeepingOptions, openKeeping } from './open-store.ts';
export { type HostOptions, openHost, readGrants, readPolicyDocument } from './open.ts';
export { isGone, newOwner } from './store/owner.ts';
export { openSqliteStore, type SqliteStoreOptions } from './store/sqlite.ts';
