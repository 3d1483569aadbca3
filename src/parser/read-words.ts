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
    const slot = slotOf(text);
    let known = this.recent[slot]!;
    if (known.text !== text) this.recent[slot] = known = this.lookUp(text);
    return known.word;
  }

  private lookUp(text: string): Known {
    let known = this.all.get(text);
    if (known === undefined) this.all.set(text, (known = { text, word: readWord(text) }));
    return known;
  }
}

function slotOf(text: string): number {
  const { length } = text;
  const mixed = (length << 9) ^ (text.charCodeAt(0) << 6) ^ (text.charCodeAt(length >> 1) << 3) ^ text.charCodeAt(length - 1);
  return (mixed ^ (mixed >> 10)) & (RECENT - 1);
}
