import { core } from './core.mjs';
import { hosted } from './hosted.mjs';

console.log(`${core()} | ${await hosted()}`);
