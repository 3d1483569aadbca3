/** What the tests of security share: grants and contexts from text, and arbitrary ones. */
import fc from 'fast-check';
import type { Grant } from '../../../../src/host/port.ts';
import { parseGrant } from '../../../../src/host/security/grant.ts';
import type { Stretch } from '../../../../src/host/security/windows.ts';
import { buildContext, type ContextParts, ISOLATIONS, type Level, LEVELS, type RuntimeContext } from '../../../../src/host/security/runtime-context.ts';

export const BASE = '/base';

const CAPABILITIES = ['io.print', 'fs.read', 'fs.write', 'fs.append', 'fs.list', 'fs.exists', 'fs.delete', 'http.request', 'http.get', 'time.now', 'env.get', 'secret.get', 'my.tool'];

export const GRANT_CONTEXT = { baseDirectory: BASE, capabilities: CAPABILITIES };

export function grant(text: string): Grant {
  const result = parseGrant(text, GRANT_CONTEXT);
  if (!result.ok) throw new Error(result.error.message);
  return result.value;
}

export function context(level: Level, parts: ContextParts = {}): RuntimeContext {
  const built = buildContext(level, parts);
  if (!built.ok) throw new Error(built.problems.map((one) => `${one.path}: ${one.message}`).join('; '));
  return built.value;
}

const GRANT_TEXTS = [
  'all', 'fs=*', 'fs=.', 'fs=a', 'fs.read=a', 'fs.read=a/b', 'fs.write=a', 'fs.list=a/b', 'fs.read=*', 'http=*', 'http=example.com', 'http=*.example.com', 'http=www.example.com:8080',
  'http=*:8080', 'http=localhost', 'http=10.0.0.0/8', 'http=10.1.0.0/16', 'http=93.184.0.0/16', 'http.get=*', 'http=EXAMPLE.com', 'http=::1', 'http=[::1]', 'env=HOME', 'env=*', 'time', 'time.now', 'secret=key', 'my.tool',
];

const PATTERNS = ['*', 'fs.', 'fs.read', 'fs.write', 'http.', 'http.get', 'time.now', 'env.', 'my.tool', 'step.sleep'];
const EFFECTS = ['fs', 'fs.read', 'fs.write', ':NETWORK', 'network.out', 'clock', 'ui', 'unknown'];

const some = <T>(items: readonly T[], maxLength = 4): fc.Arbitrary<T[]> => fc.array(fc.constantFrom(...items), { maxLength });
const amount = fc.option(fc.integer({ min: 1, max: 100 }), { nil: undefined });
const present = (record: object): Readonly<Record<string, number>> => Object.fromEntries(Object.entries(record).filter(([, value]) => value !== undefined));

/** Of minutes of the week; some go over its end. */
export const stretch: fc.Arbitrary<Stretch> = fc.tuple(fc.integer({ min: 0, max: 7 * 24 * 60 - 1 }), fc.integer({ min: 1, max: 3000 })).map(([from, length]) => [from, from + length] as const);

export const grants: fc.Arbitrary<Grant[]> = some(GRANT_TEXTS, 5).map((texts) => texts.map(grant));

/** Contexts of the two levels that make calls, and the one that makes none. */
export const contexts: fc.Arbitrary<RuntimeContext> = fc
  .record({
    level: fc.constantFrom(...LEVELS),
    capabilities: some(PATTERNS),
    effects: fc.option(some(EFFECTS), { nil: null }),
    deniedEffects: some(EFFECTS, 2),
    deniedCapabilities: some([...PATTERNS, '*.write', 'h*.get'], 2),
    windows: fc.array(fc.record({ capability: fc.constantFrom(...PATTERNS, '*.write'), open: fc.array(stretch, { maxLength: 3 }) }), { maxLength: 3 }),
    grants,
    limits: fc.record({ timeMs: fc.integer({ min: 1, max: 60_000 }), memoryBytes: fc.integer({ min: 1, max: 1000 }), kernel: fc.record({ fuel: amount, calls: amount }).map(present) }),
    budget: fc.record({ calls: amount, cost: amount, tokens: amount }).map(present),
    softBudget: fc.record({ calls: amount, cost: amount, bytes: amount }).map(present),
    isolation: fc.record({ allowed: fc.subarray([...ISOLATIONS]), minimum: some(PATTERNS.flatMap((capability) => ISOLATIONS.map((level) => ({ capability, level }))), 3) }),
    expose: some(['audit.', 'audit.log', '#audit', 'fs.read']),
  })
  .map(({ level, ...parts }) => context(level, level === 'pure' ? { ...parts, capabilities: [], grants: [] } : parts));
