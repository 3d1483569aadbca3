import { PassThrough, Writable } from 'node:stream';
import { describe, expect, test } from 'vitest';
import { streamConsole } from '../../../src/host/console.ts';
import { settled } from './support.ts';

function streams() {
  const [input, output, error] = [new PassThrough(), new PassThrough(), new PassThrough()];
  const console = streamConsole({ input, output, error });
  const text = (stream: PassThrough): string => String(stream.read() ?? '');
  return { input, console, out: () => text(output), error: () => text(error) };
}

const waiting = (): AbortSignal => new AbortController().signal;

describe('a console over streams', () => {
  test('writes where it should', async () => {
    const { console, out, error } = streams();
    await console.writeOut('to out');
    await console.writeError('to error');
    expect([out(), error()]).toEqual(['to out', 'to error']);
  });

  test('reports a closed stream instead of ending the process', async () => {
    const broken = new Writable({ write: (_chunk, _encoding, done) => done(new Error('EPIPE')) });
    const console = streamConsole({ input: new PassThrough(), output: broken, error: new PassThrough() });
    await expect(console.writeOut('x')).rejects.toThrow();
    await expect(console.writeOut('x')).rejects.toThrow();
  });

  test('asks on the error stream and gives the line', async () => {
    const { console, input, error } = streams();
    const answer = console.ask('Name? ', waiting());
    await settled();
    expect(error()).toBe('Name? ');
    input.write('Ann\n');
    expect(await answer).toBe('Ann');
    console.close();
  });

  test('keeps lines that came before they were asked for', async () => {
    const { console, input } = streams();
    input.write('one\ntwo\nthree');
    input.end();
    expect([await console.ask('', waiting()), await console.ask('', waiting()), await console.ask('', waiting())]).toEqual(['one', 'two', 'three']);
    expect(await console.ask('', waiting())).toBeNull();
  });

  test('puts questions that come at once one after the other', async () => {
    const { console, input, error } = streams();
    const answers = Promise.all([console.ask('a? ', waiting()), console.ask('b? ', waiting())]);
    await settled();
    expect(error()).toBe('a? ');
    input.write('1\n');
    await settled();
    expect(error()).toBe('b? ');
    input.write('2\n');
    expect(await answers).toEqual(['1', '2']);
    console.close();
  });

  test('gives null at the end of the input', async () => {
    const { console, input } = streams();
    const answer = console.ask('', waiting());
    input.end();
    expect(await answer).toBeNull();
  });

  test('gives null when the question is taken back, and goes on with the next', async () => {
    const { console, input } = streams();
    const abort = new AbortController();
    const first = console.ask('', abort.signal);
    const second = console.ask('', waiting());
    await settled();
    abort.abort();
    expect(await first).toBeNull();
    input.write('for the second\n');
    expect(await second).toBe('for the second');
    console.close();
  });

  test('closing it ends the question that waits', async () => {
    const { console } = streams();
    const answer = console.ask('', waiting());
    await settled();
    console.close();
    expect(await answer).toBeNull();
  });
});
