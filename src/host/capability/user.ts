/** `:user.ask` and `:step.delegate`: questions to a person. */
import type { Result } from '../../diagnostic/diagnostic.ts';
import { checkArity, stringArgument } from '../argument.ts';
import { readValue } from '../../parser/datum.ts';
import { MapValue } from '../../value/map.ts';
import { keyword, type Value } from '../../value/value.ts';
import { shown } from '../failure.ts';
import type { Capability } from '../port.ts';

export function userCapabilities(): Capability[] {
  return [
    {
      id: 'user.ask',
      summary: 'prompt → the line that was typed',
      determinism: 'recorded',
      wait: (args) => {
        checkArity('user.ask', args, 1, 1);
        return { kind: 'person', question: promptText(stringArgument('user.ask', args, 0)), read: (text) => ({ ok: true, value: text }) };
      },
    },
    {
      id: 'step.delegate',
      summary: 'a failed step as a map → the value that takes its place',
      determinism: 'recorded',
      wait: (args) => {
        checkArity('step.delegate', args, 1, 1);
        return { kind: 'person', question: delegatePrompt(args[0]!), read: readAnswer };
      },
    },
  ];
}

function readAnswer(text: string): Result<Value, string> {
  const value = readValue(text.trim());
  return value.ok ? value : { ok: false, error: `the answer cannot be read as a value: ${value.error[0]?.message ?? 'it is empty'}` };
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
