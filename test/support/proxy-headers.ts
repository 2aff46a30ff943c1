// PROXY protocol headers, made by the letter of the specification.

export function textHeader(source: string, destination: string, ports = [50000, 80]): Buffer {
  const protocol = source.includes(':') ? 'TCP6' : 'TCP4';
  return Buffer.from(`PROXY ${protocol} ${source} ${destination} ${ports.join(' ')}\r\n`);
}

export const BINARY_START = Buffer.from('0d0a0d0a000d0a515549540a', 'hex');

/** @param command version and command @param transport family and protocol @param block addresses and what follows them */
export function binaryHeader(
  command: number,
  transport: number,
  block: Buffer,
  length = block.length,
): Buffer {
  return Buffer.concat([BINARY_START, Buffer.from([command, transport, length >> 8, length & 255]), block]);
}

/** Two addresses and two ports. */
export function addressBlock(addresses: string, ports = 'c3500050'): Buffer {
  return Buffer.from(addresses + ports, 'hex');
}

export const IPV4_BLOCK = addressBlock('c0000201c6336407');
export const IPV6_BLOCK = addressBlock(
  '20010db8000000000000000000000001' + '20010db8000000000000000000000002',
);
