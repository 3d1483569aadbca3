/** `:secret.get`: the handle of a secret. Its text is looked up when a capability that takes secrets is called with it. */
import { argumentFailure, shown } from '../failure.ts';
import { checkArity, stringArgument } from '../argument.ts';
import type { Capability } from '../port.ts';
import { isSecretName, secretHandle } from '../security/secret.ts';

export function secretCapabilities(): Capability[] {
  return [
    {
      id: 'secret.get',
      summary: 'name → a handle, to be given to capabilities that take secrets',
      determinism: 'pure',
      call: async (args) => {
        checkArity('secret.get', args, 1, 1);
        const name = stringArgument('secret.get', args, 0);
        if (!isSecretName(name)) throw argumentFailure('secret.get', `${shown(name)} is no name of a secret: letters, digits, and . - _ between them`);
        return secretHandle(name);
      },
    },
  ];
}
