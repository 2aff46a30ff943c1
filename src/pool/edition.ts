// What workers are made from: the application as a spawner has it, and what it equips them with. Two editions may share a
// spawner, each with options of its own; what is made from which is told apart by the edition. Runs in the manager.
import type { TlsState } from '../channel/messages.js';
import type { Equipment, Spawner } from '../hosts/spawner.js';
import type { WorkerHandle } from '../hosts/worker-handle.js';

export class Edition {
  readonly spawner: Spawner;
  #equipment: Equipment;

  constructor(spawner: Spawner, equipment: Equipment) {
    this.spawner = spawner;
    this.#equipment = equipment;
  }

  get generation(): number {
    return this.spawner.generation;
  }

  spawn(worker: WorkerHandle): void {
    this.prepare();
    this.spawner.spawn(worker);
  }

  /** What the spawner makes from now on is of this edition, and it keeps nothing open that belongs to another one. */
  prepare(): void {
    this.spawner.equip(this.#equipment);
  }

  /** Workers stay what they are: what has changed is no business of theirs. */
  equip(equipment: Equipment): void {
    this.#equipment = equipment;
    this.prepare();
  }

  updateTls(tls: TlsState): void {
    this.#equipment = { ...this.#equipment, tls };
  }
}
