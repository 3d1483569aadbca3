/**
 * Writes the code that this engine compiles of the command line, for quick starts. Whatever ran once before is in it, so
 * some typical plans run first. What they print is of no interest.
 */
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { Scripts } from '../src/cli/compiled.ts';

const PLAN = `
  (defn area [{:keys [w h] :or {h 1}}] (* w h))
  (let [[a & more] [1 2 3] total (reduce + 0 (map area [{:w 2 :h 3} {:w 4}]))]
    (if (> total a) (str "total " total) (cond (nil? more) :none :else (filter odd? more))))`;

const scripts = new Scripts(path.resolve(process.argv[2] ?? 'dist/bin'));
const { main } = scripts.commandLine();
await main(['-e', '(+ 1 2)']);
await main(['run', '-e', PLAN]);
await main(['-e', '(println "hello")']);
for (const [file, code] of scripts.compiledCode()) writeFileSync(file, code);
process.exitCode = 0;
