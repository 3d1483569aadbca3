/** The policies that come with the package, by name. Data files: `policies/NAME.json`. */
import agentCoordination from '../../../policies/agent-coordination.json';
import dataProcessing from '../../../policies/data-processing.json';
import fileOperations from '../../../policies/file-operations.json';
import networking from '../../../policies/networking.json';
import systemManagement from '../../../policies/system-management.json';
import test from '../../../policies/test.json';
import userCode from '../../../policies/user-code.json';

/** As plain data, to be read like a file. */
export const PRESETS: ReadonlyMap<string, unknown> = new Map<string, unknown>([
  ['agent-coordination', agentCoordination],
  ['data-processing', dataProcessing],
  ['file-operations', fileOperations],
  ['networking', networking],
  ['system-management', systemManagement],
  ['test', test],
  ['user-code', userCode],
]);
