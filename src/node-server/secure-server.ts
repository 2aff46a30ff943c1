// createServer() of node:https on an engine of its own, in this process and without a manager. node's own Server keeps
// the options and checks them; the engine's OpenSSL speaks TLS. Runs wherever an application listens by itself.
import { hkdfSync } from 'node:crypto';
import type { RequestListener } from 'node:http';
import { Server as NodeServer, type ServerOptions } from 'node:https';
import type { SecureContext, SecureContextOptions } from 'node:tls';
import { binding } from '../binding/load.js';
import type { NativeTlsEndpoint } from '../binding/tls-contract.js';
import { PronghornError } from '../errors.js';
import { onEngine, UNREADY } from './on-engine.js';
import { settingsOf } from './secure-options.js';

/** Name, AES and HMAC key. */
const TICKET_KEY_BYTES = 80;

/** Those that have a certificate. */
const endpoints = new WeakMap<NodeServer, NativeTlsEndpoint>();

/**
 * An `https.Server` whose connections are served by the native engine.
 * @throws ERR_PRONGHORN_TLS_OPTION for options that only node's TLS has, ERR_PRONGHORN_TLS_CERTIFICATE, and what
 * node's own server throws
 */
export class Server extends onEngine(NodeServer, (server) => endpoints.get(server) ?? UNREADY) {
  readonly #endpoint = new binding.TlsEndpoint();
  readonly #named = new Map<string, SecureContextOptions>();
  #options: ServerOptions;

  /** As node's, whose options and defaults it has. */
  constructor(options?: ServerOptions | RequestListener, listener?: RequestListener) {
    super(options as ServerOptions, listener);
    this.#options = typeof options === 'function' ? {} : (options ?? {});
    this.#useTicketKeys();
    this.#configure();
  }

  /** New connections get these; those that are open keep theirs. */
  override setSecureContext(options: SecureContextOptions): void {
    super.setSecureContext(options);
    // node's own constructor calls it.
    if (!(#options in this)) return;
    const { requestCert, rejectUnauthorized, ALPNProtocols } = this.#options;
    this.#options = { requestCert, rejectUnauthorized, ALPNProtocols, ...options };
    this.#configure();
  }

  /** For clients that ask for this server name; `*.` stands for one label. */
  override addContext(hostname: string, context: SecureContextOptions | SecureContext): void {
    super.addContext(hostname, context as SecureContextOptions);
    if ('context' in context) {
      throw new PronghornError('ERR_PRONGHORN_TLS_OPTION', {
        name: 'context',
        reason: 'give the options of the context: its key cannot be read from it',
      });
    }
    this.#named.set(hostname, context as SecureContextOptions);
    this.#configure();
  }

  /** 48 bytes, as node's. Sessions of servers that have the same ones are resumed by each other. */
  override setTicketKeys(keys: Buffer): this {
    super.setTicketKeys(keys);
    this.#useTicketKeys();
    return this;
  }

  /** node's are shorter; servers that were given the same ones open each other's tickets here too. */
  #useTicketKeys(): void {
    const keys = hkdfSync('sha256', this.getTicketKeys(), '', 'pronghorn ticket keys', TICKET_KEY_BYTES);
    this.#endpoint.setTicketKeys(new Uint8Array(keys));
  }

  #configure(): void {
    const settings = settingsOf(this.#options, this.#named);
    if (settings.certificates.length === 0) return;
    const reason = this.#endpoint.configure(settings);
    if (reason !== undefined) {
      throw new PronghornError('ERR_PRONGHORN_TLS_CERTIFICATE', { place: 'the certificate', reason });
    }
    endpoints.set(this, this.#endpoint);
  }
}

/**
 * The createServer() of node:https, for a server that the native engine serves, in this process. What cannot be listened
 * to is an 'error' event, as ever; ERR_PRONGHORN_LISTEN_FAILED without a certificate or in a worker of node:cluster.
 * @throws as the constructor of Server
 */
export function createServer(options?: ServerOptions | RequestListener, listener?: RequestListener): Server {
  return new Server(options as ServerOptions, listener);
}
