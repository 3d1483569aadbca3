/** What words mean, each read once: code says the same few words again and again. */
import { readWord, type Word } from './read-word.ts';

/** Slots for the words of late; a power of two. */
const RECENT = 1024;

interface Known {
  readonly text: string;
  readonly word: Word;
}

const NONE: Known = { text: '', word: { kind: 'symbol', name: '' } };

export class Words {
  private readonly all = new Map<string, Known>();
  /** By `slotOf`. In front of the map, which must look at every character of a new string before it can tell that it has it. */
  private readonly recent: Known[] = new Array<Known>(RECENT).fill(NONE);

  /** `text` is not empty. */
  meaningOf(text: string): Word {
    return this.meaningAt(text, 0, text.length);
  }

  /** Of the word from `start` to `end`, which is no string of its own before somebody asks for it. */
  meaningAt(text: string, start: number, end: number): Word {
    const slot = slotOf(text, start, end);
    let known = this.recent[slot]!;
    if (!isAt(known.text, text, start, end)) this.recent[slot] = known = this.lookUp(text.slice(start, end));
    return known.word;
  }

  private lookUp(text: string): Known {
    let known = this.all.get(text);
    if (known === undefined) this.all.set(text, (known = { text, word: readWord(text) }));
    return known;
  }
}

function slotOf(text: string, start: number, end: number): number {
  const length = end - start;
  const mixed = (length << 9) ^ (text.charCodeAt(start) << 6) ^ (text.charCodeAt(start + (length >> 1)) << 3) ^ text.charCodeAt(end - 1);
  return (mixed ^ (mixed >> 10)) & (RECENT - 1);
}

function isAt(word: string, text: string, start: number, end: number): boolean {
  const { length } = word;
  if (length !== end - start) return false;
  for (let i = 0; i < length; i++) if (word.charCodeAt(i) !== text.charCodeAt(start + i)) return false;
  return true;
}
