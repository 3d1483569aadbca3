/**
 * Calls collection primitives without a machine: text is read, calls in it are done from the inside out, everything
 * else is data. Answers are printed text; `! kind message` for an error.
 */
import { expect, it } from 'vitest';
import { read } from '../../../../src/parser/reader.ts';
import { formToValue } from '../../../../src/parser/datum.ts';
import type { Form } from '../../../../src/parser/form.ts';
import { DEFAULT_LIMITS, type Limits, type Meter, meterOf as newMeterOf } from '../../../../src/evaluator/limits.ts';
import { collection, element } from '../../../../src/evaluator/primitives/collection.ts';
import { destructure } from '../../../../src/evaluator/primitives/destructure.ts';
import { internal } from '../../../../src/evaluator/primitives/internal.ts';
import { literals } from '../../../../src/evaluator/primitives/literals.ts';
import { mapSet } from '../../../../src/evaluator/primitives/map-set.ts';
import type { Primitive } from '../../../../src/evaluator/primitives/primitive.ts';
import { PrimitiveTable } from '../../../../src/evaluator/primitives/registry.ts';
import { sequence } from '../../../../src/evaluator/primitives/sequence.ts';
import { sorting } from '../../../../src/evaluator/primitives/sorting.ts';
import { Raised } from '../../../../src/evaluator/raise.ts';
import { List } from '../../../../src/value/list.ts';
import { MapValue } from '../../../../src/value/map.ts';
import { printValue } from '../../../../src/value/print.ts';
import { SetValue } from '../../../../src/value/set.ts';
import { ErrorValue, type Value } from '../../../../src/value/value.ts';
import { Vector } from '../../../../src/value/vector.ts';

export const primitives: readonly Primitive[] = [...element, ...collection, ...literals, ...sequence, ...mapSet, ...sorting, ...destructure, ...internal];
const table = new PrimitiveTable(primitives);

export function meterOf(limits: Partial<Limits> = {}): Meter {
  return newMeterOf({ ...DEFAULT_LIMITS, ...limits });
}

/** Calls a primitive as the machine would. */
export function call(name: string, args: readonly Value[], meter: Meter = meterOf()): Value {
  const primitive = table.get(name);
  if (primitive === null) throw new Error(`no primitive ${name}`);
  return primitive.rest([...args], meter);
}

/** The error that `work` raises, as `! kind message`. */
export function raised(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    if (error instanceof Raised && error.value instanceof ErrorValue) return `! ${error.value.type.name.replace('error/', '')} ${error.value.message}`;
    throw error;
  }
  return 'nothing raised';
}

export function evaluate(text: string, meter: Meter = meterOf()): string {
  const reading = read(text, '<test>');
  if (reading.diagnostics.length > 0 || reading.forms.length !== 1) throw new Error(`cannot read ${text}`);
  let answer = '';
  const error = raised(() => {
    answer = printValue(valueOf(reading.forms[0]!, meter))!;
  });
  return error === 'nothing raised' ? answer : error;
}

function valueOf(form: Form, meter: Meter): Value {
  switch (form.kind) {
    case 'atom':
    case 'keyword':
    case 'symbol':
      return formToValue(form);
    case 'vector':
      return Vector.adopt(valuesOf(form.items, meter));
    case 'map':
      return MapValue.of(...valuesOf(form.items, meter));
    case 'set':
      return SetValue.from(valuesOf(form.items, meter));
    case 'list': {
      const [head, ...args] = form.items;
      if (head === undefined) return List.empty();
      if (head.kind !== 'symbol') throw new Error('a list in a test is a call');
      return head.name === 'quote' ? formToValue(args[0]!) : call(head.name, valuesOf(args, meter), meter);
    }
  }
}

function valuesOf(forms: readonly Form[], meter: Meter): Value[] {
  return forms.map((form) => valueOf(form, meter));
}

/** Rows of a call and what it gives: printed text, or the start of `! kind message`. */
export function rows(cases: readonly (readonly [string, string])[]): void {
  it.each(cases)('%s is %s', (text, expected) => {
    const answer = evaluate(text);
    expect(expected.startsWith('!') ? answer.slice(0, expected.length) : answer).toBe(expected);
  });
}
