// Kills workers and the server of Restate for as long as it is told to, and holds every run against what it must give.
//
//   node scripts/soak-restate.mjs            200 kills
//   node scripts/soak-restate.mjs 1000 42    so many, by another seed
import { spawnSync } from 'node:child_process';

const [kills = '200', seed = '1'] = process.argv.slice(2);
const args = ['node_modules/vitest/vitest.mjs', 'run', '--project', 'source', 'test/crash/restate.test.ts', '-t', 'again and again'];
const { status } = spawnSync(process.execPath, args, { stdio: 'inherit', env: { ...process.env, RTFS_SOAK_KILLS: kills, RTFS_SOAK_SEED: seed } });
process.exitCode = status ?? 1;
