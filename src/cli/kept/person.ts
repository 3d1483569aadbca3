/** People, as runs that are kept know them. */
import { userInfo } from 'node:os';

/** Who is taken to have said something: whoever is named, else whoever is logged in. */
export function personOf(who: string | null): string {
  return who ?? `human:${userInfo().username}`;
}
