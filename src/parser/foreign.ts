/** Names that people bring from Clojure, other Lisps or older RTFS, and what to use here instead. */

const FOREIGN: ReadonlyMap<string, string> = new Map([
  ['atom', 'there are no mutable cells: keep state in `loop`/`reduce`, or with the host through `(call …)`'],
  ['deref', 'there are no mutable cells: keep state in `loop`/`reduce`, or with the host through `(call …)`'],
  ['swap!', 'there are no mutable cells: keep state in `loop`/`reduce`, or with the host through `(call …)`'],
  ['reset!', 'there are no mutable cells: keep state in `loop`/`reduce`, or with the host through `(call …)`'],
  ['set!', 'names cannot be changed: bind a new one with `let`, or use `context/set`'],
  ['ns', 'a file needs no namespace; use `(module name …)` for one that others import'],
  ['require', 'use `(import name)` or `(import name :as x)`'],
  ['use', 'use `(import name :only [a b])`'],
  ['lazy-seq', 'sequences are not lazy here: build a vector with `loop`, `map` or `for`'],
  ['delay', 'nothing is lazy here: use a function without parameters'],
  ['force', 'nothing is lazy here: call a function without parameters'],
  ['future', 'use `step-parallel` for work side by side'],
  ['defmulti', 'use `match` or `case` inside one function'],
  ['defmethod', 'use `match` or `case` inside one function'],
  ['defprotocol', 'use functions over maps, with `match` or `case`'],
  ['defrecord', 'use `defstruct` or plain maps'],
  ['deftype', 'use `defstruct` or plain maps'],
  ['eval', 'code cannot be made at run time; use a function or a macro'],
  ['slurp', 'use `(read-file path)`'],
  ['spit', 'use `(write-file path text)`'],
  ['lambda*', 'use `fn`'],
  ['define', 'use `def` or `defn`'],
  ['setq', 'names cannot be changed: bind a new one with `let`'],
  ['progn', 'use `do`'],
  ['begin', 'use `do`'],
  ['null', 'it is written `nil`'],
  ['None', 'it is written `nil`'],
  ['undefined', 'it is written `nil`'],
  ['True', 'it is written `true`'],
  ['False', 'it is written `false`'],
  ['else', 'in `cond` it is written `:else`'],
  ['elif', 'use `cond`'],
  ['return', 'the last form is the value; there is no `return`'],
]);

export function foreignHelp(name: string): string | null {
  return FOREIGN.get(name) ?? null;
}
