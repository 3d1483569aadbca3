/**
 * Which process drives a run, said so that other processes on the machine can tell whether it still lives. A number alone does not
 * say it: numbers come again after a while, after a start of the machine at once, and containers count their processes
 * themselves. So a token says also where the number counts (the machine's start and the space of numbers) and when the process began.
 */
import { randomUUID } from 'node:crypto';
import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';
import type { Owner } from './port.ts';

/** An owner for one driver of this process. */
export function newOwner(): Owner {
  return { host: hostname(), processId: process.pid, token: [boot(), space(), begun(process.pid) ?? '', randomUUID()].join(' ') };
}

/** Whether it is certain that the owner's process is no more. Never of a process of another machine. */
export function isGone(owner: Owner): boolean {
  if (owner.host !== hostname()) return false;
  const [ownerBoot = '', ownerSpace = '', ownerBegun = ''] = owner.token.split(' ');
  if (ownerBoot !== '' && boot() !== '' && ownerBoot !== boot()) return true;
  if (ownerSpace !== space()) return false;
  if (!isRunning(owner.processId)) return true;
  const now = begun(owner.processId);
  return ownerBegun !== '' && now !== null && now !== ownerBegun;
}

function isRunning(processId: number): boolean {
  try {
    process.kill(processId, 0);
    return true;
  } catch (problem) {
    return (problem as NodeJS.ErrnoException).code !== 'ESRCH';
  }
}

/** Tells apart two starts of the machine; empty where the system does not say. */
function boot(): string {
  return read(() => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()) ?? '';
}

/** Tells apart the spaces that processes are numbered in; empty where there is one. */
function space(): string {
  return read(() => readlinkSync('/proc/self/ns/pid')) ?? '';
}

/** When the process began, in ticks since the start of the machine; null where the system does not say, or it has ended but nobody asked how. */
function begun(processId: number): string | null {
  const line = read(() => readFileSync(`/proc/${processId}/stat`, 'utf8'));
  if (line === null) return null;
  // The second field is the name, in brackets, and may hold anything. The state follows it; the start is the 20th from there.
  const fields = line.slice(line.lastIndexOf(')') + 2).split(' ');
  return fields[0] === 'Z' ? ENDED : (fields[19] ?? null);
}

const ENDED = 'ended';

function read(attempt: () => string): string | null {
  try {
    return attempt();
  } catch {
    return null; // not on this system, or not for us: then it does not say
  }
}
