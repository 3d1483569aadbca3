/**
 * Random programs that are well scoped and end: loops count to small numbers, recursion counts down. They are made of
 * numbers, truths, vectors, maps and functions; about one expression in thirty has the wrong kind, so that programs
 * also fail, inside `try` and outside of it.
 *
 * One seed makes one program. What must not change its meaning can be varied: the names, blanks and comments, and the
 * order of definitions. One literal, one operator or the order of the arguments of one call can be changed, which must.
 */

export interface Style {
  /** The text of the name with that number. */
  readonly name?: (kind: 'local' | 'function', number: number) => string;
  /** What stands between two forms: a blank, unless given. */
  readonly blank?: () => string;
  /** Docstrings in `defn`. */
  readonly docs?: boolean;
  /** Definitions in reverse. */
  readonly reversed?: boolean;
  /** Which literal, operator or call is another one. */
  readonly change?: Change;
  /** No calls of capabilities. */
  readonly pure?: boolean;
}

export interface Change {
  readonly what: 'literal' | 'operator' | 'arguments';
  readonly at: number;
}

export interface GeneratedProgram {
  readonly text: string;
  /** The names of its functions, in the order in which they were made. */
  readonly functions: readonly string[];
  /** How many places of each kind a change could be made at. */
  readonly places: Readonly<Record<Change['what'], number>>;
}

type Kind = 'int' | 'bool' | 'vec' | 'map' | 'fn';

interface Local {
  readonly name: string;
  readonly kind: Kind;
}

/** A small generator of random numbers (mulberry32). */
export function randomNumbers(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

export function generateProgram(seed: number, style: Style = {}): GeneratedProgram {
  return new Writer(seed, style).program();
}

const KEYS = [':a', ':b', ':c'];

class Writer {
  private readonly random: () => number;
  private readonly style: Style;
  private readonly functions: { readonly name: string; readonly kind: Kind }[] = [];
  private readonly counts = { literal: 0, operator: 0, arguments: 0 };
  private locals = 0;
  private calls = 0;
  /** Forms still allowed in the definition being written. */
  private budget = 0;

  constructor(seed: number, style: Style) {
    this.random = randomNumbers(seed);
    this.style = style;
  }

  program(): GeneratedProgram {
    const names = Array.from({ length: this.below(4) }, (_, number) => this.style.name?.('function', number) ?? `f${number}`);
    for (const name of names) this.functions.push({ name, kind: this.pick<Kind>(['int', 'int', 'vec']) });
    const definitions = this.functions.map(({ name, kind }) => this.definition(name, kind));
    this.budget = 60;
    const variables = Array.from({ length: this.below(3) }, (_, number) => {
      const kind = this.pick<Kind>(['int', 'vec', 'map', 'fn']);
      return { name: `v${number}`, kind, text: this.list('def', `v${number}`, this.expression(kind, [], 3)) };
    });
    const scope = variables.map(({ name, kind }): Local => ({ name, kind }));
    const main = this.expression(this.pick<Kind>(['int', 'vec', 'map']), scope, 5);
    const ordered = this.style.reversed === true ? [...definitions].reverse() : definitions;
    const text = [...ordered, ...variables.map((variable) => variable.text), main].join(this.blank());
    return { text, functions: names, places: { ...this.counts } };
  }

  /** A function that counts its first argument down, so that it may call itself and all the others. */
  private definition(name: string, kind: Kind): string {
    this.budget = 40;
    const n = this.local('int');
    const x = this.local('int');
    const scope = [n, x];
    const doc = this.style.docs === true ? [`"Says ${this.locals}."`] : [];
    const guard = this.list('if', this.list('<=', n.name, '0'), this.expression(kind, [x], 2), this.expression(kind, scope, 4, n.name));
    return this.list('defn', name, ...doc, this.vector(n.name, x.name), guard);
  }

  // --- small things ----------------------------------------------------------------------------------------------

  private below(limit: number): number {
    return Math.floor(this.random() * limit);
  }

  private pick<T>(choices: readonly T[]): T {
    return choices[this.below(choices.length)]!;
  }

  private local(kind: Kind): Local {
    const number = this.locals;
    this.locals += 1;
    return { name: this.style.name?.('local', number) ?? `x${number}`, kind };
  }

  private blank(): string {
    return this.style.blank?.() ?? ' ';
  }

  private list(...parts: readonly string[]): string {
    return `(${parts.join(this.blank())})`;
  }

  private vector(...parts: readonly string[]): string {
    return `[${parts.join(this.blank())}]`;
  }

  private isChanged(what: Change['what']): boolean {
    const at = this.counts[what];
    this.counts[what] += 1;
    return this.style.change?.what === what && this.style.change.at === at;
  }

  private literal(value: number): string {
    return `${this.isChanged('literal') ? value + 1000 : value}`;
  }

  private operator(choices: readonly string[]): string {
    const at = this.below(choices.length);
    return choices[this.isChanged('operator') ? (at + 1) % choices.length : at]!;
  }

  /** A call of two arguments; a change swaps them. */
  private binary(head: string, a: string, b: string): string {
    if (a === b) return this.list(head, a, b);
    return this.isChanged('arguments') ? this.list(head, b, a) : this.list(head, a, b);
  }

  private local_(scope: readonly Local[], kind: Kind): string | null {
    const known = scope.filter((local) => local.kind === kind);
    return known.length === 0 ? null : this.pick(known).name;
  }

  // --- expressions -----------------------------------------------------------------------------------------------

  /** `counter` is the name that recursive calls count down; null outside of definitions. */
  private expression(wanted: Kind, scope: readonly Local[], depth: number, counter: string | null = null): string {
    const kind = this.random() < 0.03 ? this.pick<Kind>(['int', 'vec', 'map', 'bool', 'fn']) : wanted;
    this.budget -= 1;
    if (depth <= 0 || this.budget <= 0) return this.leaf(kind, scope);
    const inside = (sub: Kind, more: readonly Local[] = []): string => this.expression(sub, [...scope, ...more], depth - 1, counter);
    if (this.random() < 0.45) return this.general(kind, scope, depth, counter, inside);
    switch (kind) {
      case 'int':
        return this.integer(scope, inside);
      case 'bool':
        return this.truth(inside);
      case 'vec':
        return this.sequence(inside);
      case 'map':
        return this.table(inside);
      case 'fn':
        return this.fn(inside);
    }
  }

  private leaf(kind: Kind, scope: readonly Local[]): string {
    const known = this.random() < 0.7 ? this.local_(scope, kind) : null;
    if (known !== null) return known;
    switch (kind) {
      case 'int':
        return this.literal(this.below(12) - 3);
      case 'bool':
        return this.pick(['true', 'false', 'nil']);
      case 'vec':
        return this.vector(this.literal(this.below(5)), this.literal(this.below(5)));
      case 'map':
        return `{${this.pick(KEYS)} ${this.literal(this.below(5))}}`;
      case 'fn':
        return this.pick(['inc', 'dec', '-', ':a', 'identity']);
    }
  }

  private integer(scope: readonly Local[], inside: (kind: Kind, more?: readonly Local[]) => string): string {
    switch (this.below(10)) {
      case 0:
      case 1:
      case 2:
        return this.binary(this.operator(['+', '-', '*']), inside('int'), inside('int'));
      case 3:
        return this.binary(this.operator(['quot', 'rem', 'mod']), inside('int'), inside('int'));
      case 4:
        return this.list(this.operator(['count', 'sum']), inside('vec'));
      case 5:
        return this.list('get', inside('map'), this.pick(KEYS), inside('int'));
      case 6: {
        const a = this.local('int');
        const x = this.local('int');
        return this.list('reduce', this.list('fn', this.vector(a.name, x.name), inside('int', [a, x])), inside('int'), inside('vec'));
      }
      case 7:
        return this.list(inside('fn'), inside('int'));
      case 8:
        return this.list('nth', inside('vec'), this.literal(this.below(3)), ...(this.random() < 0.5 ? [inside('int')] : []));
      default: {
        const x = this.local('int');
        const r = this.local('vec');
        const pattern = this.vector(x.name, '&', r.name);
        return this.list('match', inside('vec'), pattern, 'when', inside('bool', [x, r]), inside('int', [x, r]), '_', inside('int'));
      }
    }
  }

  private truth(inside: (kind: Kind, more?: readonly Local[]) => string): string {
    switch (this.below(5)) {
      case 0:
        return this.binary(this.operator(['<', '<=', '>', '>=', '=']), inside('int'), inside('int'));
      case 1:
        return this.list(this.operator(['and', 'or']), inside('bool'), inside('int'), inside('bool'));
      case 2:
        return this.list('not', inside('bool'));
      case 3:
        return this.list(this.operator(['even?', 'odd?', 'nil?']), inside('int'));
      default:
        return this.list(this.operator(['some', 'every?']), inside('fn'), inside('vec'));
    }
  }

  private sequence(inside: (kind: Kind, more?: readonly Local[]) => string): string {
    const x = this.local('int');
    switch (this.below(9)) {
      case 0:
        return this.vector(inside('int'), inside('int'), inside('int'));
      case 1:
        return this.list('map', inside('fn'), inside('vec'));
      case 2:
        return this.list(this.operator(['filter', 'remove']), this.list('fn', this.vector(x.name), inside('bool', [x])), inside('vec'));
      case 3:
        return this.list('conj', inside('vec'), inside('int'));
      case 4:
        return this.list('for', this.vector(x.name, inside('vec'), ':when', inside('bool', [x])), inside('int', [x]));
      case 5:
        return this.list('range', this.literal(this.below(4)));
      case 6:
        return this.list(this.operator(['rest', 'reverse', 'sort']), inside('vec'));
      case 7:
        return this.list('sort-by', inside('fn'), inside('vec'));
      default:
        return this.list('map-indexed', this.list('fn', this.vector('_', x.name), inside('int', [x])), inside('vec'));
    }
  }

  private table(inside: (kind: Kind, more?: readonly Local[]) => string): string {
    switch (this.below(5)) {
      case 0:
        return `{:a${this.blank()}${inside('int')}${this.blank()}:b${this.blank()}${inside('int')}}`;
      case 1:
        return this.list('assoc', inside('map'), this.pick(KEYS), inside('int'));
      case 2:
        return this.list('update', inside('map'), this.pick(KEYS), inside('fn'));
      case 3:
        return this.binary('merge', inside('map'), inside('map'));
      default:
        return this.list('group-by', inside('fn'), inside('vec'));
    }
  }

  private fn(inside: (kind: Kind, more?: readonly Local[]) => string): string {
    const x = this.local('int');
    switch (this.below(5)) {
      case 0:
        return this.list('partial', this.operator(['+', '*', '-']), inside('int'));
      case 1:
        return this.list('comp', inside('fn'), inside('fn'));
      case 2:
        return this.list('fn', this.vector(x.name), inside('int', [x]));
      case 3:
        return this.list('fn', this.list(this.vector(x.name), inside('int', [x])), this.list(this.vector(x.name, '&', '_'), inside('int', [x])));
      default:
        return inside('map');
    }
  }

  /** Forms whose value can be of any kind. */
  private general(kind: Kind, scope: readonly Local[], depth: number, counter: string | null, inside: (kind: Kind, more?: readonly Local[]) => string): string {
    switch (this.below(13)) {
      case 0:
        return this.list('if', inside('bool'), inside(kind), inside(kind));
      case 1: {
        const sub = this.pick<Kind>(['int', 'vec', 'map', 'fn']);
        const x = this.local(sub);
        return this.list('let', this.vector(x.name, inside(sub)), inside(kind, [x]));
      }
      case 2:
        return this.list('do', inside('int'), inside(kind));
      case 3: {
        const i = this.local('int');
        const acc = this.local(kind);
        const again = this.list('recur', this.list('inc', i.name), inside(kind, [i, acc]));
        const body = this.list('if', this.list('<', i.name, this.literal(this.below(4))), again, acc.name);
        return this.list('loop', this.vector(i.name, '0', acc.name, inside(kind)), body);
      }
      case 4: {
        const e = this.local('map');
        return this.list('try', inside(kind), this.list('catch', e.name, inside(kind, [e])));
      }
      case 5:
        return this.list('try', inside(kind), this.list('finally', inside('int')));
      case 6: {
        const thrown = this.list('throw', inside('int'));
        const e = this.local('int');
        const failing = this.list('if', inside('bool'), thrown, inside(kind));
        return this.list('try', failing, this.list('catch', e.name, inside(kind, [e])), this.list('finally', inside('int')));
      }
      case 7:
      case 8:
        if (this.style.pure === true) return inside(kind);
        this.calls += 1;
        return this.list('call', `:c${this.calls % 5}`, inside(kind));
      case 9: {
        const callee = this.functions.find((fn) => fn.kind === kind && this.random() < 0.6);
        if (callee === undefined) return inside(kind);
        return this.list(callee.name, counter === null ? `${1 + this.below(3)}` : this.list('-', counter, `${1 + this.below(2)}`), inside('int'));
      }
      case 10:
        return this.list('case', inside('int'), this.literal(this.below(3)), inside(kind), inside(kind));
      case 11: {
        const f = this.local('fn');
        const x = this.local('int');
        const g = this.local('fn');
        const first = this.list('fn', this.vector(x.name), inside('int', [x]));
        const second = this.list('fn', this.vector(x.name), this.list(f.name, x.name));
        return this.list('let', this.vector(g.name, second, f.name, first), this.expression(kind, [...scope, f, g], depth - 1, counter));
      }
      default:
        return this.list('step', '"s"', inside(kind));
    }
  }
}
