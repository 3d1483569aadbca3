/**
 * The one table of codes. Whoever reports something new adds a row here first; codes are never reused nor renumbered,
 * since people search for them and programs match on them.
 *
 * E01xx reader · E02xx names, forms, macros, modules · E03xx types, effects, contracts · E04xx run time, one for each
 * kind of error · E05xx host and command line · W06xx warnings.
 *
 * `title` names the class of mistake (no full stop); `cure` says how to mend it in general, and is what a reader sees
 * when a diagnostic has no help of its own.
 */
export interface CodeEntry {
  readonly title: string;
  readonly cure: string;
}

const TABLE = {
  // Reader
  E0101: {
    title: 'Unexpected character',
    cure: 'Remove the character, or put it inside a string.',
  },
  E0102: {
    title: 'Unclosed bracket',
    cure: 'Add the closing bracket that belongs to the opening one shown.',
  },
  E0103: {
    title: 'Mismatched closing bracket',
    cure: 'Close brackets in the reverse order of opening: `(` with `)`, `[` with `]`, `{` with `}`.',
  },
  E0104: {
    title: 'Unexpected closing bracket',
    cure: 'Remove the bracket, or add the opening one that it was meant to close.',
  },
  E0105: {
    title: 'Unterminated string',
    cure: 'End the string with `"`; a quote inside a string is written `\\"`.',
  },
  E0106: {
    title: 'Unknown escape',
    cure: 'Use one of `\\n \\t \\r \\b \\f \\\\ \\" \\uXXXX \\u{X…}`; a backslash itself is written `\\\\`.',
  },
  E0107: {
    title: 'Malformed number',
    cure: 'Write integers as `42`, `0x2A`, `0o52` or `0b101010`, and floats as `1.5` or `1e10`; separate a number from the next word by a space.',
  },
  E0108: {
    title: 'Malformed keyword',
    cure: 'A keyword is one colon and a name: `:a`, `:ns/a`, `:1`.',
  },
  E0109: {
    title: 'Map literal with an odd number of forms',
    cure: 'Give every key a value: `{:a 1 :b 2}`.',
  },
  E0110: {
    title: 'Repeated key in a literal',
    cure: 'Keep one entry for each key.',
  },
  E0111: {
    title: 'Nested `#()`',
    cure: 'Write one of the two functions as `(fn [x] …)`.',
  },
  E0112: {
    title: 'Reader shorthand with nothing after it',
    cure: 'Put the form that it applies to right after it, or remove it.',
  },
  E0113: {
    title: 'Unterminated block comment',
    cure: 'Every `#|` needs its own `|#`; block comments nest.',
  },
  E0114: {
    title: 'Unsupported literal',
    cure: 'Write a character as a string of one character, and a regular expression as a string: `(re-find "a+" text)`.',
  },
  E0115: {
    title: 'Misplaced metadata',
    cure: 'Write `^{…}` right before the form it describes; `^:key` only stands before the name in def, defn, fn and defmacro.',
  },
  E0116: {
    title: 'Malformed timestamp',
    cure: 'Write a timestamp in UTC as `2025-01-31T09:30:00Z`, with milliseconds as `.250` before the `Z`.',
  },
  E0117: {
    title: 'Source too large',
    cure: 'Split the program into modules, and read large data through a capability.',
  },
  E0118: {
    title: 'Source is not UTF-8',
    cure: 'Save the file in the UTF-8 encoding.',
  },
  E0119: {
    title: 'Malformed symbol',
    cure: 'A name with a namespace is written `ns/name`, with something on both sides of the slash.',
  },
  E0120: {
    title: 'Not exactly one value',
    cure: 'Give the text of one value, as it is printed.',
  },

  // Names, forms, macros, modules
  E0201: {
    title: 'Undefined name',
    cure: 'Check the spelling; define the name with def or defn, bind it with let, or import it.',
  },
  E0202: {
    title: 'Malformed special form',
    cure: 'Compare the form with its description in the language reference.',
  },
  E0203: {
    title: 'Repeated parameter name',
    cure: 'Give each parameter its own name; use `_` for those that do not matter.',
  },
  E0204: {
    title: 'Malformed binding vector',
    cure: 'Write bindings as pairs of a name and a value in one vector: `[a 1 b 2]`.',
  },
  E0205: {
    title: 'recur is not in tail position',
    cure: 'Let recur be the last thing that the loop or function does, or call the function by its name.',
  },
  E0206: {
    title: 'recur with the wrong number of values',
    cure: 'Give recur one value for each binding of the loop, or for each parameter of the function.',
  },
  E0207: {
    title: 'Misplaced unquote',
    cure: 'Use `~` inside a back-quoted form, and `~@` inside a list, vector, map or set of one.',
  },
  E0208: {
    title: 'Macro expansion failed',
    cure: 'The macro itself raised this error; look at what it does with the forms given here.',
  },
  E0209: {
    title: 'Macro expansion limit reached',
    cure: 'Check that the macro stops: each expansion must come closer to a form without macros.',
  },
  E0210: {
    title: 'Nested too deeply',
    cure: 'Name inner parts with let or defn, or read deep data at run time.',
  },
  E0211: {
    title: 'Malformed pattern',
    cure: 'A pattern is a name, `_`, a vector of patterns, or a map with `:keys`, `:strs`, keys and patterns, `:as`, `:or`.',
  },
  E0212: {
    title: 'Module not found',
    cure: 'Check the name; a module is looked up by its dotted name below the module folders.',
  },
  E0213: {
    title: 'Import cycle',
    cure: 'Move what both modules need into a third one.',
  },
  E0214: {
    title: 'Name is not exported',
    cure: "Add the name to the module's `:exports`, or use a name that is there.",
  },
  E0215: {
    title: 'Name defined twice',
    cure: 'Remove one of the definitions or rename it.',
  },
  E0216: {
    title: 'Function used before it can exist',
    cure: 'Move this use behind the definition of the values that the function needs.',
  },
  E0217: {
    title: 'Malformed macro definition',
    cure: 'Write `(defmacro name [parameters] body)` at the top level.',
  },
  E0218: {
    title: '`call` inside a macro',
    cure: 'Macros run before the program does; let the macro return a form that contains the call.',
  },
  E0219: {
    title: 'Unknown option, or a value that it does not take',
    cure: 'Compare it with the options that `rtfs doc step` tells of; options stand before the body.',
  },
  E0220: {
    title: 'Malformed try',
    cure: 'Write `(try body… (catch kind name body…) (finally body…))` with at least one catch or finally, and finally last.',
  },
  E0221: {
    title: 'Malformed type',
    cure: 'Write a type as a name (`int`, `string?`) or a vector that starts with its constructor (`[:vector int]`).',
  },
  E0222: {
    title: 'Unknown type name',
    cure: 'Check the spelling, or define the type with defstruct or deftype.',
  },
  E0223: {
    title: 'Form outside the form it belongs to',
    cure: 'catch and finally belong directly inside try; recur inside loop or a function.',
  },
  E0224: {
    title: 'Name of the kernel',
    cure: 'Choose another name: this one is part of the language and always means the same.',
  },

  // Run time: one for each kind of error
  E0401: {
    title: 'Wrong kind of value',
    cure: 'Look where the value comes from, and convert or test it before it gets here.',
  },
  E0402: {
    title: 'Wrong number of arguments',
    cure: 'Give the function as many arguments as it takes.',
  },
  E0403: {
    title: 'Name without a value',
    cure: 'Check the spelling, and that the definition runs before this use.',
  },
  E0404: {
    title: 'Arithmetic error',
    cure: 'Test the operands first, for instance that a divisor is not zero.',
  },
  E0405: {
    title: 'Index out of bounds',
    cure: 'Compare the index with `(count …)`, or use `(get collection index default)`.',
  },
  E0406: {
    title: 'Missing key',
    cure: 'Test with contains?, or use `(get map key default)`.',
  },
  E0407: {
    title: 'No clause matches',
    cure: 'Add a last clause `_` for all other values.',
  },
  E0408: {
    title: 'Value does not have the declared type',
    cure: 'Mend the value, or widen the type.',
  },
  E0409: {
    title: 'Invalid argument',
    cure: 'Give a value in the range that the function describes.',
  },
  E0410: {
    title: 'Malformed text',
    cure: 'Mend the text that was to be read; the message says where reading stopped.',
  },
  E0411: {
    title: 'Not allowed',
    cure: 'Ask whoever runs the plan to grant this, or do without it.',
  },
  E0412: {
    title: 'Unknown or failing capability',
    cure: 'Check the name of the capability, and that the host offers it.',
  },
  E0413: {
    title: 'The host answered with an error',
    cure: 'Handle it with `(try … (catch :error/host e …))`, or mend what the message names.',
  },
  E0414: {
    title: 'Timed out',
    cure: 'Raise `:timeout-ms`, or make the call ask for less.',
  },
  E0415: {
    title: 'Cancelled',
    cure: 'Nothing to mend here: look for whoever cancelled it, often a failed parallel branch.',
  },
  E0416: {
    title: 'Budget exhausted',
    cure: 'Look for a loop that does not end; otherwise run with a larger budget.',
  },
  E0417: {
    title: 'Value too large',
    cure: 'Work on smaller pieces, or raise the limit that the message names.',
  },
  E0418: {
    title: 'Calls nested too deeply',
    cure: 'Check that the recursion ends; use loop and recur, or make the recursive call the last thing the function does.',
  },
  E0419: {
    title: 'Not a function',
    cure: 'Only functions, keywords, maps, sets and vectors can be called; write data as `[…]` or quote it.',
  },
  E0420: {
    title: 'A thrown value was not caught',
    cure: 'Catch it with `(try … (catch e …))` where the plan can go on.',
  },
  E0421: {
    title: 'An error of the program was not caught',
    cure: 'Catch it with `(try … (catch e …))` where the plan can go on.',
  },
  E0422: {
    title: 'Internal error',
    cure: 'This is a defect of RTFS, not of the program; please report it with the program.',
  },
  E0423: {
    title: 'Not implemented',
    cure: 'This part of the language does not exist yet; write it another way.',
  },
  E0424: {
    title: 'Step failed',
    cure: 'When branches failed or keys met, look at their errors and values; `:min-success`, `:merge-policy` and `:on-conflict` decide about them.',
  },

  // Host and command line
  E0501: {
    title: 'Cannot read a file',
    cure: 'Check the path and your permissions.',
  },
  E0502: {
    title: 'Wrong use of the command',
    cure: 'See `rtfs help`.',
  },
  E0503: {
    title: 'Input is not JSON',
    cure: 'Check that the input is one JSON text: double quotes, no comments, no trailing commas.',
  },
  E0504: {
    title: 'Malformed grant',
    cure: 'Write a grant as the name of a capability, with its scope after `=` if it has one: `fs.read=data`.',
  },
  E0505: {
    title: 'Internal error',
    cure: 'This is a defect of RTFS, not of the program; please report it with the command.',
  },
  E0506: {
    title: 'Needs the host',
    cure: 'The program makes a `(call …)` here, and nothing was there to answer it.',
  },
  E0507: {
    title: 'Not the events of a run',
    cure: 'Give what `rtfs run --json=stream` printed: one JSON object to a line.',
  },
  E0508: {
    title: 'Malformed policy or constitution',
    cure: 'See `rtfs policy` for policies that work; docs/security.md says what may stand in them.',
  },
  E0510: {
    title: 'Malformed capabilities file',
    cure: 'Compare it with docs/capabilities.md; the message names the place by its keys.',
  },
  E0511: {
    title: 'Not possible with this run or store',
    cure: '`rtfs runs` says how runs stand, `rtfs log RUN` what happened in one.',
  },

  // Warnings
  W0601: {
    title: 'Unused binding',
    cure: 'Remove it, or start its name with `_`.',
  },
  W0602: {
    title: 'Wrong number of arguments',
    cure: 'This call fails if it is reached; give the function as many arguments as it takes.',
  },
  W0603: {
    title: 'Duplicate step name',
    cure: 'Give each step of a scope its own name, so that the record of a run can be read.',
  },
  W0604: {
    title: 'Unreachable code',
    cure: 'Remove it, or mend the condition before it.',
  },
  W0605: {
    title: 'Shadowed definition',
    cure: 'Rename one of the two, unless hiding the outer one is meant.',
  },
  W0606: {
    title: 'Unknown hint',
    cure: 'Check the spelling; a hint that is not known has no effect.',
  },
  W0607: {
    title: 'Calling something that is no function',
    cure: 'Put a function first; a list of data is written `(list …)`, `\'(…)` or `[…]`.',
  },
  W0608: {
    title: 'Option after the body has begun',
    cure: 'Move the option and its value before the body.',
  },
  W0609: {
    title: 'Option without effect',
    cure: 'Remove the option, or add the one that it belongs to.',
  },
  W0610: {
    title: 'Nearly a kind of error',
    cure: 'Check the spelling; a kind of your own that looks like a known one is better given a namespace: `:my/kind`.',
  },
  W0611: {
    title: 'Nearly a word of an option',
    cure: 'Check the spelling; when the keyword is meant, write `(do :keyword)`.',
  },
  W0612: {
    title: 'Never of this type',
    cure: 'Mend the value or the annotation: as it is, the check fails whenever it is reached.',
  },
} as const;

export type Code = keyof typeof TABLE;

export const CODES: Readonly<Record<Code, CodeEntry>> = TABLE satisfies Readonly<Record<`${'E' | 'W'}0${number}`, CodeEntry>>;

/** The kinds of run-time errors, without `:error/`, and the code of each. */
const KINDS = {
  type: 'E0401',
  arity: 'E0402',
  'undefined-symbol': 'E0403',
  arithmetic: 'E0404',
  index: 'E0405',
  key: 'E0406',
  match: 'E0407',
  validation: 'E0408',
  argument: 'E0409',
  syntax: 'E0410',
  security: 'E0411',
  capability: 'E0412',
  host: 'E0413',
  timeout: 'E0414',
  cancelled: 'E0415',
  budget: 'E0416',
  overflow: 'E0417',
  stack: 'E0418',
  'not-callable': 'E0419',
  thrown: 'E0420',
  user: 'E0421',
  internal: 'E0422',
  'not-implemented': 'E0423',
  step: 'E0424',
} as const;

export type RuntimeKind = keyof typeof KINDS;

export const KIND_CODES: Readonly<Record<RuntimeKind, Code>> = KINDS;

/** The code of a run-time kind (`arithmetic`); any other text is a kind that the program made up, so `user`. */
export function codeOfKind(kind: string): Code {
  return Object.hasOwn(KINDS, kind) ? KINDS[kind as RuntimeKind] : KINDS.user;
}
