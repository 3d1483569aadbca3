/**
 * A terminal small enough to read: printable text, line breaks, and the few sequences that the tree of steps uses. What it
 * does not know it refuses, so that nothing slips through.
 */
const SEQUENCE = /^\u001b\[(\d*)([A-Za-z])/;

export class TestScreen {
  columns: number;
  readonly rows: number;
  private lines: string[][] = [[]];
  private row = 0;
  private column = 0;
  /** Lines that have left the top of the screen. */
  private scrolled = 0;

  constructor(columns: number, rows: number) {
    this.columns = columns;
    this.rows = rows;
  }

  /** All lines ever, without what is empty at the end. */
  text(): string {
    return this.lines.map((line) => line.join('').trimEnd()).join('\n').trimEnd();
  }

  cursor(): readonly [row: number, column: number] {
    return [this.row, this.column];
  }

  write(text: string): void {
    for (let rest = text; rest !== ''; ) {
      const sequence = SEQUENCE.exec(rest);
      if (sequence !== null) this.obey(sequence[2]!, Number(sequence[1] === '' ? (sequence[2] === 'A' ? 1 : 0) : sequence[1]));
      else this.put(String.fromCodePoint(rest.codePointAt(0)!));
      rest = rest.slice(sequence === null ? String.fromCodePoint(rest.codePointAt(0)!).length : sequence[0].length);
    }
  }

  private put(character: string): void {
    if (character === '\r') this.column = 0;
    else if (character === '\n') {
      // What a terminal makes of a line break before it reaches the screen.
      this.column = 0;
      this.down();
    } else if (character < ' ' || character === '\u007f') throw new Error(`the screen does not know ${JSON.stringify(character)}`);
    else {
      if (this.column >= this.columns) this.put('\n');
      const line = this.lines[this.row]!;
      while (line.length < this.column) line.push(' ');
      line[this.column] = character;
      this.column += 1;
    }
  }

  private down(): void {
    this.row += 1;
    if (this.row === this.lines.length) this.lines.push([]);
    this.scrolled = Math.max(this.scrolled, this.row - this.rows + 1);
  }

  private obey(command: string, count: number): void {
    switch (command) {
      case 'A':
        this.row = Math.max(this.scrolled, this.row - count);
        return;
      case 'J':
        this.lines.length = this.row + 1;
        this.lines[this.row]!.length = Math.min(this.lines[this.row]!.length, this.column);
        return;
      case 'K':
        this.lines[this.row]!.length = Math.min(this.lines[this.row]!.length, this.column);
        return;
      case 'm':
        return;
      default:
        throw new Error(`the screen does not know CSI ${count} ${command}`);
    }
  }
}
