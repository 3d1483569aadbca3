/**
 * A script that takes everything from a realm that a pure program must not have: whoever touches it fails at once. What
 * differs between engines is poisoned too, so that sameness does not hang on a lucky choice of examples.
 */

/**
 * There only to fail. What a bare engine does not have and a library may look for (TextEncoder, URL) stays absent: re2js
 * looks for an encoder when it compiles, for bytes that are never used here.
 */
const GLOBALS: readonly string[] = [
  'Date', 'Intl', 'Promise', 'process', 'fetch', 'setTimeout', 'setInterval', 'setImmediate', 'queueMicrotask', 'performance', 'crypto', 'console', 'Buffer',
  'WebAssembly', 'SharedArrayBuffer', 'Atomics', 'require', 'module', 'window', 'document', 'navigator', 'eval', 'Function',
];

/** May differ in the last digit from engine to engine; only what IEEE 754 defines exactly is left. */
const MATH: readonly string[] = [
  'random', 'sin', 'cos', 'tan', 'asin', 'acos', 'atan', 'atan2', 'sinh', 'cosh', 'tanh', 'asinh', 'acosh', 'atanh', 'exp', 'expm1', 'log', 'log2', 'log10',
  'log1p', 'pow', 'cbrt', 'hypot',
];

const METHODS: readonly (readonly [string, string])[] = [
  ['String', 'localeCompare'], ['String', 'toLocaleLowerCase'], ['String', 'toLocaleUpperCase'], ['Number', 'toLocaleString'], ['Array', 'toLocaleString'],
  ['BigInt', 'toLocaleString'], ['Object', 'toLocaleString'],
];

export function poison(): string {
  return `(() => {
    const fail = (name) => () => { throw new Error('touched ' + name); };
    for (const name of ${JSON.stringify(MATH)}) Math[name] = fail('Math.' + name);
    for (const [type, name] of ${JSON.stringify(METHODS)}) globalThis[type].prototype[name] = fail(type + '.prototype.' + name);
    for (const name of ${JSON.stringify(GLOBALS)}) {
      Object.defineProperty(globalThis, name, { configurable: true, get: fail(name), set: fail(name) });
    }
  })()`;
}
