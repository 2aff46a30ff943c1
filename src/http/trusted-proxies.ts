// Which clients are proxies whose word is taken, and which headers they write. Runs in workers; made once from the
// configuration, asked for every request that wants to know where it comes from.
import { BlockList } from 'node:net';
import { parseNetwork, UNIX_NETWORK } from '../config/networks.js';
import type { ResolvedConfig } from '../config/options.js';

export type ProxyHeaders = ResolvedConfig['proxyHeaders'];

export class TrustedProxies {
  readonly headers: ProxyHeaders;
  /** Whoever connects is a proxy, and the only one: whom it names is the client. */
  readonly isSingle: boolean;
  readonly #trustsUnix: boolean;
  readonly #networks = new BlockList();

  private constructor(networks: readonly string[], headers: ProxyHeaders) {
    this.headers = headers;
    this.isSingle = networks.length === 0;
    this.#trustsUnix = networks.includes(UNIX_NETWORK);
    for (const text of networks) {
      const network = parseNetwork(text);
      if (network) this.#networks.addSubnet(network.address, network.prefix, network.family);
    }
  }

  /** Undefined: nobody's word is taken. */
  static fromConfig(
    config: Pick<ResolvedConfig, 'proxy' | 'trustedProxies' | 'proxyHeaders'>,
  ): TrustedProxies | undefined {
    return config.proxy ? new TrustedProxies(config.trustedProxies, config.proxyHeaders) : undefined;
  }

  /** @param address of the connection's other side; '' is a unix socket */
  trustsPeer(address: string): boolean {
    if (this.isSingle) return true;
    return address === '' ? this.#trustsUnix : this.trusts(address);
  }

  /** Whether a proxy that another one names is to be believed too. @param address an IP address */
  trusts(address: string): boolean {
    return !this.isSingle && this.#networks.check(address, address.includes(':') ? 'ipv6' : 'ipv4');
  }
}
