// One bell for each slot: by it a worker is told that another one leaves connections to it. Made by the manager and lent
// to hosts with the listening sockets; stays when its slot's worker goes.
import { binding } from '../binding/load.js';
import { succeeded } from '../binding/status.js';

export class Bells {
  readonly #fds: number[] = [];

  /** @returns as many as there are slots. @throws ERR_PRONGHORN_SYSTEM_CALL */
  of(slots: number): number[] {
    while (this.#fds.length < slots) this.#fds.push(succeeded('eventfd', binding.makeBell()));
    return this.#fds.slice(0, slots);
  }

  close(): void {
    for (const fd of this.#fds.splice(0)) binding.closeFd(fd);
  }
}
