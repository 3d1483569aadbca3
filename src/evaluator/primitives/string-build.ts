/** Primitives that build text from values of any kind: `str`, `pr-str`, `join`, `format`. */
import type { Value } from '../../value/value.ts';
import type { Meter } from '../limits.ts';
import { raiseLimit } from '../raise.ts';
import { stringArgument } from './arguments.ts';
import { displayed, printed } from './display.ts';
import { elementsOf } from './elements.ts';
import type { Primitive } from './primitive.ts';
import { chargeText } from './text.ts';

/** Texts one after another with a separator between them. */
function joined(texts: readonly string[], separator: string, meter: Meter): string {
  let units = separator.length * Math.max(0, texts.length - 1);
  for (const text of texts) units += text.length;
  chargeText(meter, units);
  return texts.join(separator);
}

function texts(values: Iterable<Value>, show: (value: Value, meter: Meter) => string, meter: Meter): string[] {
  const shown: string[] = [];
  let units = 0;
  for (const value of values) {
    const text = show(value, meter);
    units += text.length;
    if (units > meter.limits.stringLength) raiseLimit('stringLength', meter.limits.stringLength);
    shown.push(text);
  }
  return shown;
}

function join(separator: Value, values: Value, meter: Meter): Value {
  const between = stringArgument('join', separator);
  return joined(texts(elementsOf('join', values, meter), displayed, meter), between, meter);
}

const MANY = Number.POSITIVE_INFINITY;

export const buildingPrimitives: readonly Primitive[] = [
  {
    name: 'str',
    min: 0,
    max: MANY,
    f0: () => '',
    f1: displayed,
    f2: (a, b, meter) => {
      const [first, second] = [displayed(a, meter), displayed(b, meter)];
      chargeText(meter, first.length + second.length);
      return first + second;
    },
    rest: (values, meter) => joined(texts(values, displayed, meter), '', meter),
  },
  { name: 'pr-str', min: 0, max: MANY, f0: () => '', f1: printed, rest: (values, meter) => joined(texts(values, printed, meter), ' ', meter) },
  { name: 'join', min: 1, max: 2, f1: (values, meter) => join('', values, meter), f2: join },
];
