/** The messages of docs/protocol.md: each is one that the schema describes, and each is answered as the page says. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { RPC_CODES } from '../../../../src/host/protocol/rpc.ts';
import { checkDescribed, isDescribed, type Json, newProtocol } from './support.ts';

const page = readFileSync(join(import.meta.dirname, '../../../../docs/protocol.md'), 'utf8');
const lines = [...page.matchAll(/^```jsonl\n([\s\S]*?)^```$/gm)].flatMap((match) => match[1]!.trimEnd().split('\n'));

interface Exchange {
  readonly sent: string;
  readonly expected: readonly string[];
}

const exchanges = lines.reduce<Exchange[]>((all, line) => {
  const text = line.slice(2);
  if (line.startsWith('→ ')) return [...all, { sent: text, expected: [] }];
  const last = all.pop()!;
  return [...all, { ...last, expected: [...last.expected, text] }];
}, []);

/** What the page says of it: `…` among the members says that there are more, `$NAME` is kept under its name. */
function shortened(found: Json, expected: Json, held: Map<string, string>): Json {
  if (typeof expected === 'string' && /^\$[A-Z]+$/.test(expected) && typeof found === 'string' && found !== '') {
    held.set(expected, found);
    return expected;
  }
  if (Array.isArray(found) && Array.isArray(expected)) return found.map((one, at) => shortened(one as Json, (expected[at] ?? null) as Json, held));
  if (typeof found !== 'object' || found === null || typeof expected !== 'object' || expected === null || Array.isArray(found) || Array.isArray(expected)) return found;
  const [from, wanted] = [found as Record<string, Json>, expected as Record<string, Json>];
  const kept = Object.keys(from).filter((name) => !('…' in wanted) || name in wanted);
  return { ...Object.fromEntries(kept.map((name) => [name, shortened(from[name]!, wanted[name] ?? null, held)])), ...('…' in wanted ? { '…': '…' } : {}) };
}

test('every message of the page is described, and answered as the page says', () => {
  const protocol = newProtocol();
  const held = new Map<string, string>();
  expect(exchanges.length).toBeGreaterThan(15);
  for (const { sent, expected } of exchanges) {
    const request = sent.replaceAll(/\$[A-Z]+/g, (name) => held.get(name) ?? name);
    const { notifications, response } = protocol.handle(request);
    const refused = response!.includes(`"code":${RPC_CODES.params}`);
    expect(isDescribed(JSON.parse(request))).toBe(!refused);
    const found = [...notifications, response!].map((text) => {
      const message = JSON.parse(text) as Json;
      checkDescribed(message);
      return message;
    });
    const wanted = expected.map((line) => JSON.parse(line) as Json);
    expect(found.map((one, at) => shortened(one, wanted[at] ?? null, held))).toEqual(wanted);
  }
});
