// A capability as a program: the input as JSON on the standard input, the answer as JSON on the standard output.
let text = '';
for await (const piece of process.stdin) text += piece;
const words = JSON.parse(text).split(/\s+/).filter((word) => word !== '');
console.log(JSON.stringify({ words: words.length, longest: words.reduce((best, word) => (word.length > best.length ? word : best), '') }));
