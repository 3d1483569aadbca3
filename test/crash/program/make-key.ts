/** Opens the keys in a directory and says the id of the one that signs. Argument: the directory. */
import { openKeys } from '../../../src/host/journal/keys.ts';

process.stdout.write(`${openKeys(process.argv[2]!).key}\n`);
