/** The context tree for those who embed it without a plan: a tree is a value, every move gives a new one or says why not. */
export {
  ancestors, beginIsolated, checkpoint, contextTree, createParallelContext, currentId, DEFAULT_TREE_LIMITS, depth, endIsolated, enterStep, exitStep, get,
  restoreCheckpoint, set, siblings, switchTo,
} from './evaluator/context-tree.ts';
export type { ContextTree, Entered, Exited, LeftContext, TreeError, TreeErrorCode, TreeLimits, TreeResult } from './evaluator/context-tree.ts';
export { CONTEXT_TREE_VERSION, deserialize, serialize } from './evaluator/context-tree-bytes.ts';
