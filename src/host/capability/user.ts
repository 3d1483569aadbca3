/** `:user.ask`: a question to the person who runs the program. */
import { checkArity, stringArgument } from '../argument.ts';
import { cancelledFailure, HostFailure } from '../failure.ts';
import type { Capability, Console } from '../port.ts';

export function userCapabilities(console: Console): Capability[] {
  return [
    {
      id: 'user.ask',
      summary: 'prompt → the line that was typed',
      determinism: 'live',
      call: async (args, context) => {
        checkArity('user.ask', args, 1, 1);
        const answer = await ask(console, promptText(stringArgument('user.ask', args, 0)), context.signal);
        if (context.signal.aborted) throw cancelledFailure('user.ask');
        if (answer === null) throw new HostFailure('host', 'user.ask: nobody can answer: the input has ended (is it a terminal?)');
        return answer;
      },
    },
  ];
}

/** With a space after it, so that the answer does not stick to the question. */
function promptText(prompt: string): string {
  return prompt === '' || /\s$/.test(prompt) ? prompt : `${prompt} `;
}

async function ask(console: Console, prompt: string, signal: AbortSignal): Promise<string | null> {
  try {
    return await console.ask(prompt, signal);
  } catch {
    throw new HostFailure('host', 'user.ask: the question cannot be shown: the output is closed');
  }
}
