#!/usr/bin/env node
/** The executable: argv in, exit code out; everything between is src/cli. */
import { realpathSync } from 'node:fs';
import path from 'node:path';
import { loadCommandLine } from '../src/cli/compiled.ts';

const directory = path.dirname(realpathSync(import.meta.filename));
void loadCommandLine(directory).main(process.argv.slice(2));
