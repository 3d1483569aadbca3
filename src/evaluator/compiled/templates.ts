/**
 * Primitives of arithmetic whose usual way is written into compiled code; what the tests let pass gives the primitive's own value, bit for
 * bit (`value/number.ts`). Operands are plain numbers: integers that are safe, or floats that are not whole.
 */
export interface Template {
  /** small: integers of 32 bits · plain: numbers, but no bare doubles, which may be whole · any */
  readonly operands: 'small' | 'plain' | 'any';
  /** What must hold besides. */
  readonly tests: (operands: readonly string[]) => readonly string[];
  readonly value: (operands: readonly string[]) => string;
}

type Unary = (x: string) => string;
type Binary = (x: string, y: string) => string;

const unary = (operands: Template['operands'], value: Unary): Template => ({ operands, tests: () => [], value: ([x]) => value(x!) });
const binary = (operands: Template['operands'], value: Binary, test?: Binary): Template => ({ operands, tests: ([x, y]) => (test === undefined ? [] : [test(x!, y!)]), value: ([x, y]) => value(x!, y!) });
const isNotZero: Binary = (_, y) => `${y} !== 0`;

/** By name and number of arguments. */
const TEMPLATES: ReadonlyMap<string, Template> = new Map<string, Template>([
  ['abs/1', unary('plain', (x) => `Math.abs(${x})`)],
  ['zero?/1', unary('any', (x) => `${x} === 0`)],
  ['pos?/1', unary('any', (x) => `${x} > 0`)],
  ['neg?/1', unary('any', (x) => `${x} < 0`)],
  ['even?/1', unary('small', (x) => `(${x} & 1) === 0`)],
  ['odd?/1', unary('small', (x) => `(${x} & 1) !== 0`)],
  ['max/2', binary('small', (x, y) => `${x} > ${y} ? ${x} : ${y}`)],
  ['min/2', binary('small', (x, y) => `${x} < ${y} ? ${x} : ${y}`)],
  // Adding 0 makes -0 a 0: integers have one zero.
  ['quot/2', binary('small', (x, y) => `Math.trunc(${x} / ${y}) + 0`, isNotZero)],
  ['rem/2', binary('small', (x, y) => `${x} % ${y} + 0`, isNotZero)],
  ['mod/2', binary('small', (x, y) => `((t = ${x} % ${y}) !== 0 && t < 0 !== ${y} < 0 ? t + ${y} : t + 0)`, isNotZero)],
  // A quotient that is not whole is a float as it is; one of small integers is exact, or not whole.
  ['//2', binary('any', () => 't + 0', (x, y) => `${y} !== 0 && (Math.floor(t = ${x} / ${y}) !== t || (${x} | 0) === ${x} && (${y} | 0) === ${y})`)],
]);

export function templateFor(name: string, count: number): Template | null {
  return TEMPLATES.get(`${name}/${count}`) ?? null;
}
