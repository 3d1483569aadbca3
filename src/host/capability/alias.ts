/**
 * The other names of capabilities: those of the first implementation (its `ccos.*` ids and the names of its prelude).
 * An alias is only a name: the policy sees the capability that it stands for.
 */

export const ALIASES: ReadonlyMap<string, string> = new Map([
  ['ccos.io.print', 'io.print'],
  ['ccos.io.println', 'io.println'],
  ['ccos.io.log', 'io.log'],
  ['ccos.io.read-file', 'fs.read'],
  ['ccos.io.write-file', 'fs.write'],
  ['ccos.io.delete-file', 'fs.delete'],
  ['ccos.io.file-exists', 'fs.exists'],
  ['ccos.network.http-fetch', 'http.request'],
  ['ccos.system.current-time', 'time.now'],
  ['ccos.system.current-timestamp-ms', 'time.millis'],
  ['ccos.system.sleep-ms', 'time.sleep'],
  ['ccos.system.get-env', 'env.get'],
  ['ccos.user.ask', 'user.ask'],
  ['llm.complete', 'model.complete'],
  ['ccos.ai.llm-execute', 'model.complete'],
  ['println', 'io.println'],
  ['log', 'io.log'],
  ['tool/log', 'io.log'],
  ['tool.log', 'io.log'],
  ['tool/time-ms', 'time.millis'],
  ['tool.time-ms', 'time.millis'],
  ['current-time-millis', 'time.millis'],
  ['get-env', 'env.get'],
  ['read-file', 'fs.read'],
  ['file-exists?', 'fs.exists'],
  ['http-fetch', 'http.request'],
  ['tool/http-fetch', 'http.request'],
  ['thread/sleep', 'time.sleep'],
]);
