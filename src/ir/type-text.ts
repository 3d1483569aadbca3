/**
 * Types as text: the way a program writes them, for messages and documentation. What `printType` gives, the parser
 * reads back to the same type where the structs it names are known. Literals print as values do.
 */
import { printBrief } from '../value/print.ts';
import type { Value } from '../value/value.ts';
import { Vector } from '../value/vector.ts';
import { headOf, isPredicateName, TYPE_DEPTH_MAX } from './type.ts';

/** UTF-16 code units; only an enum of thousands or a machine-made type comes near. */
const TEXT_MAX = 1_000_000;
const LITERAL_MAX = 100_000;

/** The text of a type, cut with `…` when it is longer than `maxLength`. */
export function printType(type: Value, maxLength: number = TEXT_MAX): string {
  const printer = new Printer(maxLength);
  printer.type(type, 0);
  return printer.text();
}

/** A predicate without its brackets: `> 0`, `in-range 1 10`, `matches-regex "^a"`. */
export function printPredicate(form: Value, maxLength: number = TEXT_MAX): string {
  const printer = new Printer(maxLength);
  printer.predicate(form);
  return printer.text();
}

class Printer {
  private readonly pieces: string[] = [];
  private left: number;
  private readonly maxLength: number;

  constructor(maxLength: number) {
    this.maxLength = maxLength;
    this.left = maxLength;
  }

  text(): string {
    const text = this.pieces.join('');
    return text.length <= this.maxLength ? text : `${text.slice(0, this.maxLength - 1)}…`;
  }

  private put(text: string): void {
    this.pieces.push(text);
    this.left -= text.length;
  }

  type(type: Value, depth: number): void {
    const head = headOf(type)?.name;
    if (this.left < 0) return;
    if (depth > TYPE_DEPTH_MAX) this.put('…');
    else if (head === undefined) this.put(isKeyword(type) ? type.name : brief(type));
    else if (head === 'struct' || head === 'rec' || head === 'struct-ref') this.put(textOf(type, 1));
    else if (head === 'optional' && this.gluesTo(type)) {
      this.type((type as Vector).get(1)!, depth + 1);
      this.put('?');
    } else this.bracketed(type as Vector, head, depth + 1);
  }

  /** `T?` is for names only. */
  private gluesTo(type: Value): boolean {
    const item = (type as Vector).get(1) ?? null;
    const head = headOf(item)?.name;
    return isKeyword(item) || head === 'struct' || head === 'rec' || head === 'struct-ref';
  }

  private bracketed(type: Vector, head: string, depth: number): void {
    this.put(`[:${head}`);
    const parts = type.toArray().slice(1);
    switch (head) {
      case 'map':
        for (const part of parts) this.entry(part, depth);
        break;
      case 'enum':
      case 'val':
        for (const part of parts) this.spaced(() => this.put(brief(part)));
        break;
      case 'resource':
        this.spaced(() => this.put(resourceName(textOf(type, 1))));
        break;
      case 'fn':
        this.fn(parts, depth);
        break;
      case 'array':
        this.spaced(() => this.type(parts[0] ?? null, depth));
        this.spaced(() => this.dimensions(parts[1]));
        break;
      case 'and':
        for (const part of parts) this.spaced(() => (isPredicateName(headOf(part)?.name ?? '') ? this.bracketedPredicate(part) : this.type(part, depth)));
        break;
      default:
        for (const part of parts) this.spaced(() => this.type(part, depth));
    }
    this.put(']');
  }

  private spaced(print: () => void): void {
    if (this.left < 0) return;
    this.put(' ');
    print();
  }

  private entry(entry: Value, depth: number): void {
    const [key = null, type = null, mark] = entry instanceof Vector ? entry.toArray() : [];
    this.spaced(() => {
      this.put(`[${brief(key)} `);
      this.type(type, depth);
      this.put(mark === undefined ? ']' : ' ?]');
    });
  }

  private fn(parts: readonly Value[], depth: number): void {
    this.put(' [');
    const parameters = parts[0] instanceof Vector ? parts[0].toArray() : [];
    for (const [index, part] of parameters.entries()) {
      if (index > 0) this.put(' ');
      if (isKeyword(part) && part.name === '&') this.put('&');
      else this.type(part, depth);
    }
    this.put('] ');
    this.type(parts[1] ?? null, depth);
  }

  private dimensions(dimensions: Value | undefined): void {
    const list = dimensions instanceof Vector ? dimensions.toArray() : [];
    this.put(`[${list.map((dimension) => (isKeyword(dimension) ? dimension.name : brief(dimension))).join(' ')}]`);
  }

  private bracketedPredicate(form: Value): void {
    this.put('[:');
    this.predicate(form);
    this.put(']');
  }

  predicate(form: Value): void {
    this.put(headOf(form)?.name ?? brief(form));
    const operands = form instanceof Vector ? form.toArray().slice(1) : [];
    for (const operand of operands) this.spaced(() => this.put(brief(operand)));
  }
}

function isKeyword(value: Value): value is Extract<Value, { kind: 'keyword' }> {
  return typeof value === 'object' && value !== null && value.kind === 'keyword';
}

function textOf(type: Value, index: number): string {
  const part = type instanceof Vector ? type.get(index) : undefined;
  return typeof part === 'string' ? part : brief(part ?? null);
}

/** Bare when it reads back as one name. */
function resourceName(name: string): string {
  for (let i = 0; i < name.length; i++) {
    const unit = name.charCodeAt(i) | 0x20; // letters in lower case; a digit, `-` and `.` stay what they are
    const isLetter = unit >= 0x61 && unit <= 0x7a;
    const isInner = (unit >= 0x30 && unit <= 0x39) || name[i] === '-' || name[i] === '.';
    if (!isLetter && (i === 0 || !isInner)) return brief(name);
  }
  return name === '' ? '""' : name;
}

function brief(value: Value): string {
  if (value instanceof Vector) return `[${value.toArray().map(brief).join(' ')}]`;
  const quote = typeof value === 'object' && value !== null && value.kind === 'symbol' ? "'" : '';
  return quote + printBrief(value, LITERAL_MAX);
}
