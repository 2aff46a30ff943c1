// From a process that has loaded the application to what makes workers of it, whichever way. Runs in the manager.

import type { Boot, Booter } from '../hosts/booter.js';
import { ForkSpawner } from '../hosts/fork-spawner.js';
import { HostSpawner } from '../hosts/host-spawner.js';
import type { Equipment, Spawner } from '../hosts/spawner.js';
import type { Log } from '../log.js';
import { Edition } from './edition.js';

export type MakeEdition = (boot: Boot, equipment: Equipment) => Edition;

/** @param last number of the last generation there was */
export function editionMaker(booter: Booter, last: number, log: Log): MakeEdition {
  let generation = last;
  const nextGeneration = () => {
    generation += 1;
    return generation;
  };
  const spawnerOf = ({ host, method }: Boot, equipment: Equipment): Spawner => {
    const { zygoteStart } = booter;
    if (method === 'fork')
      return new ForkSpawner(host, { start: zygoteStart, equipment, nextGeneration, log });
    const { program } = zygoteStart;
    return new HostSpawner({ method, program, equipment, generation: nextGeneration(), first: host });
  };
  return (boot, equipment) => new Edition(spawnerOf(boot, equipment), equipment);
}
