// TLS in a worker: one endpoint of the native side for each place to listen, kept up to date with what the manager
// sends. Never reads a file: keys come over the channel.

import { binding } from '../binding/load.js';
import type { NativeTlsEndpoint } from '../binding/tls-contract.js';
import type { TlsState } from '../channel/messages.js';
import { PronghornError } from '../errors.js';

interface Endpoint {
  readonly native: NativeTlsEndpoint;
  /** The settings in use, as text. */
  settings: string;
}

export class TlsEndpoints {
  readonly #endpoints: Endpoint[] = [];

  /** @param index as in the layout of the listeners */
  get(index: number): NativeTlsEndpoint {
    return this.#endpoints[index]!.native;
  }

  /**
   * New connections get these certificates, and all connections these ticket keys. An endpoint whose settings are
   * refused keeps those that it had.
   * @throws ERR_PRONGHORN_TLS_CERTIFICATE
   */
  update({ endpoints, ticketKeys }: TlsState): void {
    const keys = Buffer.from(ticketKeys, 'base64');
    let refusal: string | undefined;
    for (const [index, settings] of endpoints.entries()) {
      this.#endpoints[index] ??= { native: new binding.TlsEndpoint(), settings: '' };
      const endpoint = this.#endpoints[index];
      endpoint.native.setTicketKeys(keys);
      const text = JSON.stringify(settings);
      if (text === endpoint.settings) continue;
      const reason = endpoint.native.configure(settings);
      if (reason === undefined) endpoint.settings = text;
      refusal ??= reason;
    }
    if (refusal !== undefined) {
      throw new PronghornError('ERR_PRONGHORN_TLS_CERTIFICATE', { place: 'a certificate', reason: refusal });
    }
  }
}
