import { constants } from 'node:fs';
import * as nodeFiles from 'node:fs/promises';
import { execFileSync } from 'node:child_process';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Files } from '../../../src/host/capability/confine.ts';
import { fsCapabilities } from '../../../src/host/capability/fs.ts';
import type { HostFailure } from '../../../src/host/failure.ts';
import type { CallContext, Grant } from '../../../src/host/port.ts';
import { MapValue } from '../../../src/value/map.ts';
import { keyword, type Value } from '../../../src/value/value.ts';
import { Vector } from '../../../src/value/vector.ts';
import { contextOf, failureFrom, find, withDirectory } from './support.ts';

/**
 * A world in a directory: `in/` is granted, `out/` is not and holds a secret. `act` calls a capability whose paths
 * start in the directory.
 */
interface World {
  readonly root: string;
  readonly act: (id: string, ...args: Value[]) => Promise<Value>;
  readonly fail: (id: string, ...args: Value[]) => Promise<HostFailure>;
  readonly put: (name: string, content: string | Uint8Array) => Promise<void>;
  readonly get: (name: string) => Promise<string>;
  readonly link: (target: string, name: string) => Promise<void>;
}

interface WorldOptions {
  readonly files?: Partial<Files>;
  readonly grants?: readonly Grant[];
  readonly context?: Partial<CallContext>;
}

async function withWorld(use: (world: World) => Promise<void>, options: WorldOptions = {}): Promise<void> {
  await withDirectory(async (root) => {
    await nodeFiles.mkdir(path.join(root, 'in'));
    await nodeFiles.mkdir(path.join(root, 'out'));
    await nodeFiles.writeFile(path.join(root, 'out/secret.txt'), 'secret');
    const files = { ...nodeFiles, ...options.files } as Files;
    const capabilities = fsCapabilities({ baseDirectory: root, files });
    const grants = options.grants ?? [{ capability: 'fs', scope: path.join(root, 'in') }];
    const act = (id: string, ...args: Value[]): Promise<Value> => find(capabilities, id).call(args, contextOf(grants, options.context));
    await use({
      root,
      act,
      fail: (id, ...args) => failureFrom(act(id, ...args)),
      put: (name, content) => nodeFiles.writeFile(path.join(root, name), content),
      get: (name) => nodeFiles.readFile(path.join(root, name), 'utf8'),
      link: (target, name) => nodeFiles.symlink(target, path.join(root, name)),
    });
  });
}

const option = (name: string, value: Value): MapValue => MapValue.of(keyword(name), value);
const ESCAPE = /leads out of the granted directories/;
/** A system without `/proc`: what the confinement does elsewhere. */
const noProc: Partial<Files> = { readlink: (() => Promise.reject(Object.assign(new Error(), { code: 'ENOENT' }))) as unknown as Files['readlink'] };

describe('reading', () => {
  test('gives the text of a file', () =>
    withWorld(async ({ act, put }) => {
      await put('in/a.txt', 'grüße 😀\n');
      expect(await act('fs.read', 'in/a.txt')).toBe('grüße 😀\n');
    }));

  test('takes an absolute path, and one with dots in it', () =>
    withWorld(async ({ act, put, root }) => {
      await put('in/a.txt', 'x');
      expect(await act('fs.read', path.join(root, 'in/a.txt'))).toBe('x');
      expect(await act('fs.read', './in/../in/./a.txt')).toBe('x');
    }));

  test('an empty file gives the empty string', () =>
    withWorld(async ({ act, put }) => {
      await put('in/empty', '');
      expect(await act('fs.read', 'in/empty')).toBe('');
    }));

  test.each<[string, number[], string]>([
    ['a byte that never occurs', [0x61, 0x62, 0xff], 'byte 0xff at offset 2'],
    ['a lone continuation', [0x80], 'byte 0x80 at offset 0'],
    ['an overlong form', [0xc0, 0xaf], 'byte 0xc0 at offset 0'],
    ['a surrogate', [0xed, 0xa0, 0x80], 'byte 0xa0 at offset 1'],
    ['a sequence that is cut', [0x61, 0xe2, 0x82], 'the end at offset 3'],
  ])('refuses %s instead of replacing it', (_, bytes, where) =>
    withWorld(async ({ fail, put }) => {
      await put('in/bad', Uint8Array.from(bytes));
      const failure = await fail('fs.read', 'in/bad');
      expect([failure.kind, failure.message]).toEqual(['host', `fs.read: "in/bad" is not valid UTF-8 (${where})`]);
    }),
  );

  test('gives any bytes as Latin-1 or Base64', () =>
    withWorld(async ({ act, put }) => {
      await put('in/bytes', Uint8Array.from([0, 0xff, 0x80]));
      expect(await act('fs.read', 'in/bytes', option('encoding', keyword('latin1')))).toBe('\0\xff\x80');
      expect(await act('fs.read', 'in/bytes', option('encoding', keyword('base64')))).toBe('AP+A');
    }));

  test('stops at the size limit', () =>
    withWorld(async ({ act, fail, put }) => {
      await put('in/ten', '0123456789');
      expect(await act('fs.read', 'in/ten', option('max-bytes', 10))).toBe('0123456789');
      expect((await fail('fs.read', 'in/ten', option('max-bytes', 9))).message).toBe('fs.read: "in/ten" is larger than 9 bytes (limit: max-bytes)');
    }));

  test('stops at the greatest size, whatever is asked for', () =>
    withWorld(async ({ fail, root }) => {
      await nodeFiles.writeFile(path.join(root, 'in/huge'), '');
      await nodeFiles.truncate(path.join(root, 'in/huge'), 64 * 1024 * 1024 + 1); // sparse: costs no disk
      expect((await fail('fs.read', 'in/huge')).message).toContain('is larger than 67108864 bytes');
      expect((await fail('fs.read', 'in/huge', option('max-bytes', 2 ** 40))).kind).toBe('argument');
    }));

  test('a file that is not there', () =>
    withWorld(async ({ fail }) => {
      const failure = await fail('fs.read', 'in/nothing');
      expect([failure.kind, failure.message]).toEqual(['host', 'No such file: "in/nothing"']);
      expect((failure.data as MapValue).get(keyword('code'))).toBe('ENOENT');
    }));

  test('a directory', () => withWorld(async ({ fail }) => expect((await fail('fs.read', 'in')).message).toBe('fs.read: Is a directory: "in"')));

  test('below a file', () =>
    withWorld(async ({ fail, put }) => {
      await put('in/file', '');
      expect((await fail('fs.read', 'in/file/x')).message).toBe('Not a directory: "in/file/x"');
    }));

  test('a pipe does not wait for its other end', () =>
    withWorld(async ({ fail, root }) => {
      execFileSync('mkfifo', [path.join(root, 'in/pipe')]);
      expect((await fail('fs.read', 'in/pipe')).message).toBe('fs.read: Is not a regular file: "in/pipe"');
    }));

  test.each<[string, Value[], string]>([
    ['a path that is no string', [1], 'Type error in fs.read: expected string, got integer'],
    ['an empty path', [''], 'Invalid argument: fs.read: the path is empty'],
    ['a NUL in the path', ['in/a\0b'], 'Invalid argument: fs.read: the path holds a NUL character'],
    ['no path', [], 'Arity mismatch in fs.read: expected 1 to 2, got 0'],
    ['an unknown option', ['in', option('encodng', 1)], 'Invalid argument: fs.read: there is no option :encodng (did you mean :encoding?)'],
    ['an unknown encoding', ['in', option('encoding', keyword('ebcdic'))], 'Invalid argument: fs.read: :encoding is one of :utf-8 :latin1 :base64, not :ebcdic'],
    ['a name that is too long', ['in/' + 'x'.repeat(300)], 'The name is too long: "in/'],
  ])('refuses %s', (_, args, message) => withWorld(async ({ fail }) => expect((await fail('fs.read', ...args)).message).toContain(message)));

  test.skipIf(process.getuid?.() === 0)('a file that may not be read', () =>
    withWorld(async ({ fail, put, root }) => {
      await put('in/locked', 'x');
      await nodeFiles.chmod(path.join(root, 'in/locked'), 0);
      expect((await fail('fs.read', 'in/locked')).message).toBe('Permission denied: "in/locked"');
    }),
  );

  test('stops when nobody waits any more', () =>
    withWorld(
      async ({ fail, put }) => {
        await put('in/a', 'x');
        expect((await fail('fs.read', 'in/a')).kind).toBe('cancelled');
      },
      { context: { signal: AbortSignal.abort() } },
    ));
});

describe('writing', () => {
  test('makes a file, and replaces one', () =>
    withWorld(async ({ act, get }) => {
      expect(await act('fs.write', 'in/a', 'one')).toBeNull();
      expect(await get('in/a')).toBe('one');
      await act('fs.write', 'in/a', 'zwölf 😀');
      expect(await get('in/a')).toBe('zwölf 😀');
    }));

  test('leaves nothing else behind', () =>
    withWorld(async ({ act, root }) => {
      await act('fs.write', 'in/a', 'one');
      expect(await nodeFiles.readdir(path.join(root, 'in'))).toEqual(['a']);
    }));

  test('keeps the permissions of the file that it replaces', () =>
    withWorld(async ({ act, put, root }) => {
      await put('in/a', 'x');
      await nodeFiles.chmod(path.join(root, 'in/a'), 0o640);
      await act('fs.write', 'in/a', 'y');
      expect((await nodeFiles.stat(path.join(root, 'in/a'))).mode & 0o777).toBe(0o640);
    }));

  test('that fails half way leaves the old file and no new one', () =>
    withWorld(
      async ({ fail, put, get, root }) => {
        await put('in/a', 'old');
        expect((await fail('fs.write', 'in/a', 'new')).message).toBe('No space left on the device: "in/a"');
        expect(await get('in/a')).toBe('old');
        expect(await nodeFiles.readdir(path.join(root, 'in'))).toEqual(['a']);
      },
      { files: { rename: () => Promise.reject(Object.assign(new Error('engine text'), { code: 'ENOSPC' })) } },
    ));

  test('that is cancelled leaves the old file', () =>
    withWorld(
      async ({ fail, put, get, root }) => {
        await put('in/a', 'old');
        expect((await fail('fs.write', 'in/a', 'new')).kind).toBe('cancelled');
        expect(await get('in/a')).toBe('old');
        expect(await nodeFiles.readdir(path.join(root, 'in'))).toEqual(['a']);
      },
      { context: { signal: AbortSignal.abort() } },
    ));

  test('makes directories only when told to', () =>
    withWorld(async ({ act, fail, get }) => {
      const failure = await fail('fs.write', 'in/x/y/a', 'one');
      expect(failure.message).toBe('No such directory: "in/x/y" ({:create-dirs true} makes it)');
      await act('fs.write', 'in/x/y/a', 'one', option('create-dirs', true));
      await act('fs.write', 'in/x/z/a', 'two', option('create-dirs', true));
      expect([await get('in/x/y/a'), await get('in/x/z/a')]).toEqual(['one', 'two']);
    }));

  test('makes the granted directory itself when told to', () =>
    withDirectory(async (root) => {
      const write = find(fsCapabilities({ baseDirectory: root }), 'fs.write');
      const grants = [{ capability: 'fs.write', scope: path.join(root, 'new/deep') }];
      await write.call(['new/deep/a', 'x', option('create-dirs', true)], contextOf(grants));
      expect(await nodeFiles.readFile(path.join(root, 'new/deep/a'), 'utf8')).toBe('x');
    }));

  test('writes bytes from Base64 and Latin-1', () =>
    withWorld(async ({ act, root }) => {
      await act('fs.write', 'in/a', 'AP+A', option('encoding', keyword('base64')));
      expect([...(await nodeFiles.readFile(path.join(root, 'in/a')))]).toEqual([0, 0xff, 0x80]);
      await act('fs.write', 'in/a', 'é', option('encoding', keyword('latin1')));
      expect([...(await nodeFiles.readFile(path.join(root, 'in/a')))]).toEqual([0xe9]);
    }));

  test.each<[string, string, Value | null, string]>([
    ['half a surrogate pair', 'ab\ud800', null, 'the text holds half a surrogate pair at index 2, which UTF-8 cannot write'],
    ['what is not Base64', 'AP+', option('encoding', keyword('base64')), 'the text is not Base64'],
    ['a wide character as Latin-1', 'a€', option('encoding', keyword('latin1')), 'the text holds a character beyond Latin-1 at index 1'],
  ])('refuses %s', (_, text, options, problem) =>
    withWorld(async ({ fail, root }) => {
      const failure = await fail('fs.write', 'in/a', text, options);
      expect([failure.kind, failure.message]).toEqual(['argument', `Invalid argument: fs.write: ${problem}`]);
      expect(await nodeFiles.readdir(path.join(root, 'in'))).toEqual([]);
    }),
  );

  test('over a directory is refused', () => withWorld(async ({ fail }) => expect((await fail('fs.write', 'in', 'x')).message).toBe('fs.write: Is a directory: "in"')));
});

describe('appending', () => {
  test('makes a file and adds to it', () =>
    withWorld(async ({ act, get }) => {
      await act('fs.append', 'in/log', 'one\n');
      await act('fs.append', 'in/log', 'two\n');
      expect(await get('in/log')).toBe('one\ntwo\n');
    }));

  test('makes directories only when told to', () =>
    withWorld(async ({ act, fail, get }) => {
      expect((await fail('fs.append', 'in/x/log', 'one')).message).toContain('No such directory: "in/x"');
      await act('fs.append', 'in/x/log', 'one', option('create-dirs', true));
      expect(await get('in/x/log')).toBe('one');
    }));
});

describe('listing', () => {
  test('gives the names in canonical order', () =>
    withWorld(async ({ act, put }) => {
      for (const name of ['b', 'a', 'B', 'ä', 'a.txt']) await put(`in/${name}`, '');
      expect(await act('fs.list', 'in')).toEqual(Vector.of('B', 'a', 'a.txt', 'b', 'ä'));
    }));

  test('gives an empty vector for an empty directory', () => withWorld(async ({ act }) => expect(await act('fs.list', 'in')).toEqual(Vector.empty())));

  test('gives kinds and sizes when told to', () =>
    withWorld(async ({ act, put, link, root }) => {
      await put('in/a', '12345');
      await nodeFiles.mkdir(path.join(root, 'in/d'));
      await link('/nowhere', 'in/l');
      const entry = (name: string, type: string, size: Value): MapValue => MapValue.of(keyword('name'), name, keyword('type'), keyword(type), keyword('size'), size);
      expect(await act('fs.list', 'in', option('details', true))).toEqual(Vector.of(entry('a', 'file', 5), entry('d', 'directory', null), entry('l', 'link', null)));
    }));

  test('of what is no directory fails', () =>
    withWorld(async ({ fail, put }) => {
      await put('in/a', '');
      expect((await fail('fs.list', 'in/a')).message).toBe('Not a directory: "in/a"');
      expect((await fail('fs.list', 'in/x')).message).toBe('No such directory: "in/x"');
    }));
});

describe('asking whether something exists', () => {
  test.each([
    ['in', true],
    ['in/a', true],
    ['in/b', false],
    ['in/x/y/z', false],
  ])('%s: %s', (name, expected) =>
    withWorld(async ({ act, put }) => {
      await put('in/a', '');
      expect(await act('fs.exists', name)).toBe(expected);
    }),
  );
});

describe('deleting', () => {
  test('removes a file, once', () =>
    withWorld(async ({ act, put, root }) => {
      await put('in/a', '');
      expect(await act('fs.delete', 'in/a')).toBe(true);
      expect(await act('fs.delete', 'in/a')).toBe(false);
      expect(await act('fs.delete', 'in/x/y')).toBe(false);
      expect(await nodeFiles.readdir(path.join(root, 'in'))).toEqual([]);
    }));

  test('removes an empty directory, but no full one', () =>
    withWorld(async ({ act, fail, put, root }) => {
      await nodeFiles.mkdir(path.join(root, 'in/d'));
      await put('in/d/a', '');
      expect((await fail('fs.delete', 'in/d')).message).toBe('Directory is not empty: "in/d"');
      await act('fs.delete', 'in/d/a');
      expect(await act('fs.delete', 'in/d')).toBe(true);
    }));

  test('removes a link and not what it leads to', () =>
    withWorld(async ({ act, put, get, link }) => {
      await put('in/a', 'kept');
      await link('a', 'in/l');
      await link('../out/secret.txt', 'in/m');
      expect([await act('fs.delete', 'in/l'), await act('fs.delete', 'in/m')]).toEqual([true, true]);
      expect([await get('in/a'), await get('out/secret.txt')]).toEqual(['kept', 'secret']);
    }));

  test('never removes the granted directory', () =>
    withWorld(async ({ fail, root }) => {
      expect((await fail('fs.delete', 'in')).message).toBe('Invalid argument: fs.delete: a granted directory itself cannot be deleted');
      expect((await nodeFiles.stat(path.join(root, 'in'))).isDirectory()).toBe(true);
    }));
});

describe.each<[string, Partial<Files>]>([
  ['with /proc', {}],
  ['without /proc', noProc],
])('no way leads out of the granted directory (%s)', (_, files) => {
  const outside = [
    ['a path that is not below it', 'out/secret.txt'],
    ['dots', 'in/../out/secret.txt'],
    ['a link to a file', 'in/link.txt'],
    ['a link to a directory', 'in/dir/secret.txt'],
    ['a link to a link', 'in/chain/secret.txt'],
    ['a link in between and dots', 'in/sub/up/out/secret.txt'],
  ] as const;

  async function laid(use: (world: World) => Promise<void>): Promise<void> {
    await withWorld(
      async (world) => {
        await world.link('../out/secret.txt', 'in/link.txt');
        await world.link(path.join(world.root, 'out'), 'in/dir');
        await world.link('dir', 'in/chain');
        await nodeFiles.mkdir(path.join(world.root, 'in/sub'));
        await world.link('../..', 'in/sub/up');
        await use(world);
        expect(await world.get('out/secret.txt')).toBe('secret');
        expect(await nodeFiles.readdir(path.join(world.root, 'out'))).toEqual(['secret.txt']);
      },
      { files },
    );
  }

  test.each(outside)('for reading: %s', (_way, name) =>
    laid(async ({ fail }) => {
      const failure = await fail('fs.read', name);
      expect(failure.kind).toBe('security');
      expect(failure.message).toMatch(ESCAPE);
    }),
  );

  test.each(outside)('for asking: %s', (_way, name) => laid(async ({ fail }) => expect((await fail('fs.exists', name)).message).toMatch(ESCAPE)));

  test.each(outside)('for writing: %s', (_way, name) => laid(async ({ fail }) => expect((await fail('fs.write', name, 'x')).message).toMatch(ESCAPE)));

  test.each(outside)('for appending: %s', (_way, name) => laid(async ({ fail }) => expect((await fail('fs.append', name, 'x')).message).toMatch(ESCAPE)));

  test.each(['in/dir/new', 'in/chain/a/b', 'out/new', 'in/sub/up/new'])('for making a file: %s', (name) =>
    laid(async ({ fail }) => expect((await fail('fs.write', name, 'x', option('create-dirs', true))).message).toMatch(ESCAPE)),
  );

  test.each(['in/dir', 'in/chain', 'in/sub/up', 'out', 'in/..'])('for listing: %s', (name) => laid(async ({ fail }) => expect((await fail('fs.list', name)).message).toMatch(ESCAPE)));

  test.each(['in/dir/secret.txt', 'in/chain/secret.txt', 'out/secret.txt', 'in/../out', 'in/sub/up/out'])('for deleting: %s', (name) =>
    laid(async ({ fail }) => expect((await fail('fs.delete', name)).message).toMatch(ESCAPE)),
  );

  test('but links that stay inside work', () =>
    withWorld(
      async ({ act, put, get, link, root }) => {
        await nodeFiles.mkdir(path.join(root, 'in/real'));
        await put('in/real/a', 'x');
        await link('real', 'in/alias');
        await link('real/a', 'in/b');
        expect([await act('fs.read', 'in/alias/a'), await act('fs.read', 'in/b')]).toEqual(['x', 'x']);
        await act('fs.write', 'in/b', 'y');
        expect([await get('in/real/a'), (await nodeFiles.lstat(path.join(root, 'in/b'))).isSymbolicLink()]).toEqual(['y', true]);
      },
      { files },
    ));

  test('and a granted directory may itself be reached through a link', () =>
    withWorld(
      async ({ act, put, link, root }) => {
        await put('in/a', 'x');
        await link('in', 'entry');
        const read = find(fsCapabilities({ baseDirectory: root, files: { ...nodeFiles, ...files } as Files }), 'fs.read');
        expect(await read.call(['entry/a'], contextOf([{ capability: 'fs.read', scope: path.join(root, 'entry') }]))).toBe('x');
        expect(await act('fs.exists', 'entry/a')).toBe(true);
      },
      { files },
    ));

  test('nor does a link to nothing become a file out there', () =>
    withWorld(
      async ({ fail, link, root }) => {
        await link('../out/new', 'in/trap');
        expect((await fail('fs.write', 'in/trap', 'x')).message).toBe('fs.write: Is a link to nothing: "in/trap"');
        await fail('fs.append', 'in/trap', 'x');
        expect(await nodeFiles.readdir(path.join(root, 'out'))).toEqual(['secret.txt']);
      },
      { files },
    ));
});

describe.skipIf(process.platform !== 'linux')('somebody who swaps a link in between the check and the use', () => {
  /** `swap` runs once, right before the system call `name` with a path that `when` accepts. */
  function before(name: 'open' | 'rename' | 'unlink' | 'opendir' | 'mkdir' | 'lstat', when: (path: string) => boolean, swap: () => Promise<void>, base: Partial<Files> = {}): Partial<Files> {
    let done = false;
    const real = nodeFiles[name] as (...args: unknown[]) => Promise<unknown>;
    return {
      ...base,
      [name]: async (...args: unknown[]) => {
        if (!done && when(String(args[0]))) {
          done = true;
          await swap();
        }
        return real(...args);
      },
    } as Partial<Files>;
  }

  /** `in/d/secret.txt` is a harmless file; at the moment of attack `in/d` becomes a link to `out`. */
  async function attacked(files: (root: string, swap: () => Promise<void>) => Partial<Files>, use: (world: World) => Promise<void>): Promise<void> {
    let root = '';
    const swap = async (): Promise<void> => {
      await nodeFiles.rename(path.join(root, 'in/d'), path.join(root, 'in/moved'));
      await nodeFiles.symlink(path.join(root, 'out'), path.join(root, 'in/d'));
    };
    let attacks = 0;
    await withWorld(
      async (world) => {
        root = world.root;
        await nodeFiles.mkdir(path.join(root, 'in/d'));
        await world.put('in/d/secret.txt', 'harmless');
        const counted = async (): Promise<void> => {
          attacks += 1;
          await swap();
        };
        const capabilities = fsCapabilities({ baseDirectory: root, files: { ...nodeFiles, ...files(root, counted) } as Files });
        const act = (id: string, ...args: Value[]): Promise<Value> => find(capabilities, id).call(args, contextOf([{ capability: 'fs', scope: path.join(root, 'in') }]));
        await use({ ...world, act, fail: (id, ...args) => failureFrom(act(id, ...args)) });
        expect(attacks).toBe(1);
        expect(await world.get('out/secret.txt')).toBe('secret');
        expect(await nodeFiles.readdir(path.join(root, 'out'))).toEqual(['secret.txt']);
      },
    );
  }

  const operations = [
    ['fs.read', []],
    ['fs.write', ['x']],
    ['fs.append', ['x']],
    ['fs.delete', []],
  ] as const;

  // before the directory is opened: what is opened is no directory, or is not where it should be
  test.each(operations)('before the directory is opened cannot turn %s to the outside', (id, args) =>
    attacked(
      (root, swap) => before('open', (name) => name === path.join(root, 'in/d'), swap),
      async ({ fail }) => {
        expect((await fail(id, 'in/d/secret.txt', ...args)).kind).toMatch(/^(security|host)$/);
      },
    ),
  );

  const everywhere = operations.flatMap(([id, args]) => [[id, '', args, {}] as const, [id, ', without /proc', args, noProc] as const]);
  test.each(everywhere)('higher up, before the directory is opened, cannot turn %s to the outside%s', (id, _system, args, base) =>
    attacked(
      (root, swap) => before('open', (name) => name === path.join(root, 'in/d/sub'), swap, base),
      async ({ fail, root }) => {
        await nodeFiles.mkdir(path.join(root, 'in/d/sub'));
        await nodeFiles.writeFile(path.join(root, 'in/d/sub/secret.txt'), 'harmless');
        await nodeFiles.mkdir(path.join(root, 'out/sub')); // so that the swapped path exists
        await nodeFiles.writeFile(path.join(root, 'out/sub/secret.txt'), 'inner secret');
        const failure = await fail(id, 'in/d/sub/secret.txt', ...args);
        expect([failure.kind, failure.message]).toEqual(['security', expect.stringMatching(ESCAPE)]);
        expect(await nodeFiles.readFile(path.join(root, 'out/sub/secret.txt'), 'utf8')).toBe('inner secret');
        await nodeFiles.rm(path.join(root, 'out/sub'), { recursive: true });
      },
    ),
  );

  // after the directory is opened: the work goes on in the directory that was checked, wherever it has been moved
  const later = { 'fs.read': 'open', 'fs.write': 'rename', 'fs.append': 'open', 'fs.delete': 'unlink' } as const;
  test.each(operations)('after the directory is opened changes nothing for %s', (id, args) =>
    attacked(
      (root, swap) => before(later[id], (name) => name !== path.join(root, 'in/d') && name !== path.join(root, 'in'), swap),
      async ({ act, root }) => {
        const result = await act(id, 'in/d/secret.txt', ...args);
        const moved = await nodeFiles.readFile(path.join(root, 'in/moved/secret.txt'), 'utf8').catch(() => null);
        expect([result, moved]).toEqual({ 'fs.read': ['harmless', 'harmless'], 'fs.write': [null, 'x'], 'fs.append': [null, 'harmlessx'], 'fs.delete': [true, null] }[id]);
      },
    ),
  );

  test('after the directory is opened is shown the old directory when listing', () =>
    attacked(
      (root, swap) => before('opendir', () => true, swap),
      async ({ act, root }) => {
        await nodeFiles.writeFile(path.join(root, 'in/d/second'), '');
        expect(await act('fs.list', 'in/d')).toEqual(Vector.of('second', 'secret.txt'));
      },
    ));

  test('while directories are made gets none made outside', () =>
    attacked(
      (root, swap) => before('mkdir', () => true, swap),
      async ({ act, root }) => {
        await act('fs.write', 'in/d/new/file', 'x', option('create-dirs', true));
        expect(await nodeFiles.readFile(path.join(root, 'in/moved/new/file'), 'utf8')).toBe('x');
      },
    ));

  test('and puts a link in place of the file finds it not followed', () =>
    attacked(
      (root, swap) =>
        before(
          'open',
          (name) => name.endsWith('/secret.txt'),
          async () => {
            await nodeFiles.unlink(path.join(root, 'in/d/secret.txt'));
            await nodeFiles.symlink(path.join(root, 'out/secret.txt'), path.join(root, 'in/d/secret.txt'));
            await swap();
          },
        ),
      async ({ fail }) => {
        expect((await fail('fs.read', 'in/d/secret.txt')).message).toBe('Too many links, or a link that leads nowhere: "in/d/secret.txt"');
      },
    ));

  test('on a system without /proc is found out before anything is read', () =>
    attacked(
      (root, swap) => before('open', (name) => name === path.join(root, 'in/d/secret.txt'), swap, noProc),
      async ({ fail }) => {
        expect((await fail('fs.read', 'in/d/secret.txt')).message).toMatch(ESCAPE);
      },
    ));

  test('and swaps back on a system without /proc is found out by the file itself', () =>
    attacked(
      (root, swap) => {
        const swapped = before('open', (name) => name === path.join(root, 'in/d/secret.txt'), swap, noProc);
        const open = swapped.open!;
        return {
          ...swapped,
          open: (async (name: string, ...rest: [number, number?]) => {
            const handle = await open(name, ...rest);
            if (name === path.join(root, 'in/d/secret.txt')) {
              await nodeFiles.unlink(path.join(root, 'in/d'));
              await nodeFiles.rename(path.join(root, 'in/moved'), path.join(root, 'in/d'));
            }
            return handle;
          }) as Files['open'],
        };
      },
      async ({ fail }) => {
        expect((await fail('fs.read', 'in/d/secret.txt')).message).toMatch(ESCAPE);
      },
    ));
});

test('without a grant nothing can be reached even if the policy were passed by', () =>
  withWorld(async ({ fail }) => expect((await fail('fs.read', 'in/a')).message).toMatch(ESCAPE), { grants: [] }));

test('the grant of everything reaches everything', () =>
  withWorld(async ({ act }) => expect(await act('fs.read', 'out/secret.txt')).toBe('secret'), { grants: [{ capability: '*', scope: '*' }] }));

test.skipIf(process.platform !== 'linux')('no file stays open', () =>
  withWorld(async ({ act, fail, put, root }) => {
    // Of this directory only: whatever else the process has open is its own affair.
    const openFiles = async (): Promise<readonly string[]> => {
      const links = (await nodeFiles.readdir('/proc/self/fd')).map((name) => nodeFiles.readlink(`/proc/self/fd/${name}`).catch(() => ''));
      return (await Promise.all(links)).filter((target) => target.startsWith(root));
    };
    await put('in/a', 'x');
    for (let i = 0; i < 20; i++) {
      await act('fs.read', 'in/a');
      await act('fs.write', `in/x/y${i}`, 'x', option('create-dirs', true));
      await act('fs.append', 'in/a', 'x');
      await act('fs.list', 'in');
      await act('fs.delete', `in/x/y${i}`);
      await fail('fs.read', 'in/nothing');
      await fail('fs.read', 'in');
      await fail('fs.read', path.join(root, 'out/secret.txt'));
      await fail('fs.write', 'in/none/x', 'x');
    }
    expect(await openFiles()).toEqual([]);
  }));

test('the flags that keep links unfollowed exist here', () => {
  // were they missing, the tests above would still say much, but not this
  expect([constants.O_NOFOLLOW, constants.O_DIRECTORY].every((flag) => flag > 0)).toBe(true);
});
