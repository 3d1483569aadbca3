/** The log of a run as a tree: steps with what happened in them, calls with their answers. */
import { entryText, type LogEntry } from './log-entry.ts';

interface Branch {
  readonly title: string;
  readonly lines: (string | Branch)[];
}

export function logTree(entries: readonly LogEntry[]): string {
  const root: Branch = { title: '', lines: [] };
  const steps = new Map<string, Branch>();
  const place = (step: string | null): Branch => {
    for (let at = step; at !== null && at !== ''; at = at.includes('/') ? at.slice(0, at.lastIndexOf('/')) : null) {
      const found = steps.get(at);
      if (found !== undefined) return found;
    }
    return root;
  };
  for (const entry of entries) {
    const { kind, step, event } = entry;
    if (event !== null && step !== null && kind.endsWith('-started') && !kind.startsWith('compensation')) {
      const branch: Branch = { title: `${String(event['name'] ?? kind.replace('-started', ` ${String(event['index'])}`))}`, lines: [] };
      place(step).lines.push(branch);
      steps.set(step, branch);
    } else place(step).lines.push(lineOf(entry));
  }
  return root.lines.map((line) => render(line, '', '')).join('');
}

function lineOf(entry: LogEntry): string {
  return `${entry.kind}  ${entryText(entry)}`.trimEnd();
}

function render(line: string | Branch, first: string, rest: string): string {
  if (typeof line === 'string') return `${first}${line}\n`;
  const inner = line.lines.map((one, index) => {
    const isLast = index === line.lines.length - 1;
    return render(one, `${rest}${isLast ? '└─ ' : '├─ '}`, `${rest}${isLast ? '   ' : '│  '}`);
  });
  return `${first}${line.title}\n${inner.join('')}`;
}
