/** `:env.get`: one variable of the environment. */
import { checkArity, stringArgument } from '../argument.ts';
import type { Capability, Environment } from '../port.ts';

export function envCapabilities(environment: Environment): Capability[] {
  return [
    {
      id: 'env.get',
      summary: 'name default? → its text, or the default (nil) when it is not set',
      determinism: 'recorded',
      call: async (args) => {
        checkArity('env.get', args, 1, 2);
        return environment(stringArgument('env.get', args, 0)) ?? args[1] ?? null;
      },
    },
  ];
}
