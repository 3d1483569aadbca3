/** Texts that the reader is tried on. */
import fc from 'fast-check';

/** Right throughout. */
export const PROGRAM = `#!/usr/bin/env rtfs
;; A little of everything.
(defn ^{:doc "d"} ^:k f "doc" [x:int & [y {:keys [a b] :or {a 1}}]] :int
  #| block #| in |# block |#
  (let [s #{1 2.5 -3 0x1F} t \`(a ~x ~@y x#)]
    (match x
      {:k v} when (> v 1e3) "str\\n\\u0041"
      [1 & r] '(1 :two "three")
      _ (map #(+ % %2 (apply + %&)) @ctx <a/b> @:local)))
  #_ignored #_#_two three)
(step "s" :timeout-ms 10 (call :fs.read {:path "x" :when 2024-05-01T10:00:00.123Z}))
[123e4567-e89b-12d3-a456-426614174000 resource://a/b ##Inf nil true com.acme:v1.0/f]
`;

/** Everything that means something to the reader, and some that does not. */
export const PIECE = fc.constantFrom(
  ...['(', ')', '[', ']', '{', '}', '#{', '#(', "'", '`', '~', '~@', '@', '^', '#_', '#|', '|#', '#', '##', '\\', '"', ';', ':', '::', '|'],
  ...[' ', ',', '\n', '\r', '\r\n', '\t', '\ufeff', '\u00a0', '\u2028', '\0', '\u200b', '\ud800', '\udc00', '\u{1F600}', '\uffff'],
  ...['a', 'x:int', ':k', '%', '%1', '%&', '%99', '1', '1.5', '1x', '.5', '1/2', '0x', '-', '/', 'a/', '<a/b>', '<', '>', 'nil', 'true', '&'],
  ...['def', 'defn ', 'fn ', '^:k ', '^{:a 1} ', '"s"', '"\\q"', '"\\u{', '#"', '#inst ', "#'", '##Inf', '#!', 'resource://', 'resource:ref'],
  ...['2024-05-01', '2024-05-01T10:00:00Z', '123e4567-e89b-12d3-a456-426614174000', '__proto__', 'constructor', ':__proto__ '],
);

export const SOUP = fc.array(PIECE, { maxLength: 80 }).map((pieces) => pieces.join(''));

const EDIT = fc.record({ at: fc.nat(PROGRAM.length), cut: fc.nat(6), put: fc.option(PIECE, { nil: '' }) });

/** The program with pieces cut out, doubled and put in. */
export const MUTATED = fc.array(EDIT, { minLength: 1, maxLength: 5 }).map((edits) => {
  let text = PROGRAM;
  for (const { at, cut, put } of edits) text = text.slice(0, at) + put + text.slice(at + cut);
  return text;
});
