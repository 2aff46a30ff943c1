// From a process that has loaded the application to what makes workers of it, whichever way. Runs in the manager.
import type { Log } from '../log.js';
import type { Boot, Booter } from './booter.js';
import { ForkSpawner } from './fork-spawner.js';
import { HostSpawner } from './host-spawner.js';
import type { Equipment, Spawner } from './spawner.js';

export type MakeSpawner = (boot: Boot, equipment: Equipment) => Spawner;

/** @param last number of the last generation there was */
export function spawnerMaker(booter: Booter, last: number, log: Log): MakeSpawner {
  let generation = last;
  const nextGeneration = () => {
    generation += 1;
    return generation;
  };
  return ({ host, method }, equipment) => {
    const { zygoteStart } = booter;
    if (method === 'fork')
      return new ForkSpawner(host, { start: zygoteStart, equipment, nextGeneration, log });
    const { program } = zygoteStart;
    return new HostSpawner({ method, program, equipment, generation: nextGeneration(), first: host });
  };
}
