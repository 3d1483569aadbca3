import { posix, win32 } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { directoryOf, isAbsolutePath, isInside, pathBelow, resolvePath } from '../../../../src/host/security/path.ts';

/** Names that mean something to some system, and their separators in every mixture. */
const piece = fc.constantFrom('a', 'B', 'b', '..', '.', '', 'c d', '...', 'é');
const pieces = fc.array(piece, { maxLength: 6 });

describe('where there are no drives', () => {
  const given = fc.tuple(pieces, fc.boolean()).map(([names, absolute]) => `${absolute ? '/' : ''}${names.join('/')}`);
  const absolute = pieces.map((names) => `/${names.join('/')}`);

  test('paths are read as the system reads them', () => {
    fc.assert(fc.property(absolute, given, (base, path) => {
      expect(resolvePath(base, path)).toBe(posix.resolve(base, path));
      expect(directoryOf(posix.resolve(base, path))).toBe(posix.dirname(posix.resolve(base, path)));
      expect(isAbsolutePath(path, base)).toBe(posix.isAbsolute(path));
    }));
  });

  test('a path lies in a directory when the way there never leads up', () => {
    fc.assert(fc.property(absolute, absolute, (outer, inner) => {
      const way = posix.relative(outer, inner);
      const below = way !== '..' && !way.startsWith('../');
      expect(isInside(outer, inner)).toBe(below);
      expect(pathBelow(outer, inner)).toBe(below ? way : null);
    }));
  });

  test.each([['/etc', '//etc/passwd', true], ['/etc', '/etcetera', false], ['/a', '/a\\..\\b', false], ['/', '/x', true], ['/C:', '/c:', false]])('%s holds %s: %s', (outer, inner, holds) => {
    expect(isInside(outer, inner)).toBe(holds);
  });
});

describe('where the base names a drive or a server', () => {
  const separator = fc.constantFrom('/', '\\');
  const joined = fc.tuple(pieces, separator).map(([names, by]) => names.join(by));
  const base = fc.tuple(fc.constantFrom('C:\\', 'd:/', '\\\\server\\share\\'), joined).map(([root, rest]) => root + rest);
  // What is relative to the directory of another drive depends on the process.
  const given = fc.tuple(fc.constantFrom('', '', 'C:\\', 'D:/', '\\\\server\\share\\', '//server/share/'), joined).map(([root, rest]) => root + rest)
    .filter((path) => !/^[\\/]{2}/.test(path) || /^(\\\\|\/\/)server/.test(path));

  /** Of a share alone, node keeps the separator at the end; and what follows a share has none doubled. */
  const same = (path: string): string => path.replace(/\\+$/, '').toLowerCase();

  test('paths are read as the system reads them', () => {
    fc.assert(fc.property(base, given, (from, path) => {
      expect(same(resolvePath(from, path))).toBe(same(win32.resolve(from, path)));
    }));
  });

  test('a path lies in a directory when the way there never leads up, whatever the case of its letters', () => {
    fc.assert(fc.property(base, base, (outer, inner) => {
      const way = win32.relative(outer, inner);
      expect(isInside(outer, inner)).toBe(way === '' || (way !== '..' && !way.startsWith('..\\') && !win32.isAbsolute(way)));
    }));
  });

  test.each([['C:\\a', 'c:\\A\\b', true], ['C:\\a', 'D:\\a', false], ['C:\\a', '/a', false], ['\\\\s\\x', '\\\\s\\y\\x', false]])('%s holds %s: %s', (outer, inner, holds) => {
    expect(isInside(outer, inner)).toBe(holds);
  });

  test('a path of a drive without a root is seen from the base when that is on the drive', () => {
    expect(resolvePath('C:\\a', 'c:b')).toBe('C:\\a\\b');
    expect(resolvePath('C:\\a', 'D:b')).toBe('D:\\b');
    expect(resolvePath('C:\\a', '\\b')).toBe('C:\\b');
  });
});
