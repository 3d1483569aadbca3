/** `:user.ask` and `:step.delegate`: questions to the person who runs the program. */
import { checkArity, stringArgument } from '../argument.ts';
import { readValue } from '../../parser/datum.ts';
import { MapValue } from '../../value/map.ts';
import { keyword, type Value } from '../../value/value.ts';
import { cancelledFailure, HostFailure, shown } from '../failure.ts';
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
    {
      id: 'step.delegate',
      summary: 'a failed step as a map → the value that takes its place',
      determinism: 'live',
      call: async (args, context) => {
        checkArity('step.delegate', args, 1, 1);
        const answer = await ask(console, delegatePrompt(args[0]!), context.signal);
        if (context.signal.aborted) throw cancelledFailure('step.delegate');
        const value = answer === null ? null : readValue(answer.trim());
        if (value === null) throw new HostFailure('host', 'step.delegate: nobody can answer: the input has ended (is it a terminal?)');
        if (!value.ok) throw new HostFailure('host', `step.delegate: the answer cannot be read as a value: ${value.error[0]?.message ?? 'it is empty'}`);
        return value.value;
      },
    },
  ];
}

function delegatePrompt(step: Value): string {
  const part = (value: Value, key: string): Value => (value instanceof MapValue ? (value.get(keyword(key)) ?? null) : null);
  const message = part(part(step, 'error'), 'message');
  return `Step ${shown(part(step, 'step'))} failed: ${typeof message === 'string' ? message : shown(part(step, 'error'))}\nThe value that takes its place: `;
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
