/**
 * The door of `rtfs/protocol`: running plans for others, in JSON. A request as text in, the answer as text out, nothing remembered, nothing of
 * node; how the text comes and goes is behind `rtfs/host/node`. Names are re-exported by hand.
 */
export { createProtocol, type Protocol, PROTOCOL_VERSION, type ProtocolOptions, type Reply } from './host/protocol/protocol.ts';
export { RPC_CODES, type RpcCode } from './host/protocol/rpc.ts';
export { BOUNDARY_VERSION } from './host/protocol/token.ts';
