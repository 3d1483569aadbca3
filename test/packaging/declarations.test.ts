/**
 * What the doors offer is written down in `test/golden/declarations`: whoever changes it sees it, and says so in the changelog. What crosses to other
 * processes (calls, answers, outcomes, states) has the boundary version beside it, to be raised when one of these changes its meaning.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { BOUNDARY_VERSION } from '../../src/host/protocol/token.ts';
import { ROOT } from '../house/source.ts';
import { expectGolden } from '../support/golden.ts';
import { declarationsOf } from './declarations.ts';

const { exports } = JSON.parse(readFileSync(path.join(ROOT, 'package.json'), 'utf8')) as { readonly exports: Readonly<Record<string, { readonly types?: string }>> };
const doors = Object.entries(exports).flatMap(([name, { types }]) => (types === undefined ? [] : [[name === '.' ? 'index' : name.slice(2), types] as const]));

/** The source that the declarations of a door are made from. */
function sourceOf(types: string): string {
  return path.join(ROOT, types.replace('./dist/types/', '').replace(/\.d\.ts$/, '.ts'));
}

describe('what the doors offer is what is written down', () => {
  test.each(doors)('%s', (name, types) => {
    const boundary = ['kernel', 'protocol'].includes(name) ? `// Boundary version ${BOUNDARY_VERSION}.\n\n` : '';
    expectGolden(`declarations/${name.replaceAll('/', '-')}.d.txt`, boundary + declarationsOf(sourceOf(types)));
  });
});

test('a signature that changes is seen, a comment and a private member are not', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'rtfs-declarations-'));
  let files = 0;
  const offered = (text: string): string => {
    files += 1;
    const file = path.join(folder, `door${files}.ts`);
    writeFileSync(file, text);
    return declarationsOf(file);
  };
  try {
    const before = offered('export interface Call { readonly id: string }\nexport class A { private x = 1; y(): number { return this.x; } }\n');
    expect(offered('/** A call. */\nexport interface Call { readonly id: string }\nexport class A { private z = 2; y(): number { return this.z; } }\n')).toBe(before);
    expect(offered('export interface Call { readonly id: number }\nexport class A { private x = 1; y(): number { return this.x; } }\n')).not.toBe(before);
    expect(offered('export interface Call { readonly id: string; readonly more?: string }\nexport class A { private x = 1; y(): number { return this.x; } }\n')).not.toBe(before);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
