/** People, as runs that are kept know them. */
import { userInfo } from 'node:os';

/** Who is taken to have said something: whoever is named, else whoever is logged in. In a container that may be somebody whom the system has no name for. */
export function personOf(who: string | null, loggedIn: () => string = () => userInfo().username): string {
  if (who !== null) return who;
  try {
    return `human:${loggedIn()}`;
  } catch {
    return 'human:unknown';
  }
}
