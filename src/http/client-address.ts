/** Which client a request is counted against when nobody vouched for it: an IPv4 address, or an IPv6 network of 64 bits. */
import { BlockList, isIP } from 'node:net';
import { parseNetwork } from './config.ts';

/** Finds the client's address from the peer of the socket and `X-Forwarded-For`. */
export type ClientAddress = (peer: string | undefined, forwardedFor: string | undefined) => string;

/**
 * `X-Forwarded-For` is believed from the right, for as long as the hop that added an element is a trusted proxy:
 * everything left of the first untrusted hop could have been written by the client itself.
 */
export function clientAddress(trustedProxies: readonly string[]): ClientAddress {
  const trusted = new BlockList();
  for (const text of trustedProxies) {
    const network = parseNetwork(text);
    if (network !== undefined) trusted.addSubnet(network.address, network.prefix, network.family);
  }
  const isTrusted = (address: string) => trusted.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4');

  return function clientOf(peer, forwardedFor) {
    let address = plainAddress(peer ?? '');
    if (address === undefined) return 'unknown';
    if (trustedProxies.length > 0 && forwardedFor !== undefined) {
      const hops = forwardedFor.split(',');
      while (isTrusted(address)) {
        const hop = plainAddress((hops.pop() ?? '').trim());
        if (hop === undefined) break;
        address = hop;
      }
    }
    return networkOf(address);
  };
}

/** Without zone, and IPv4 addresses mapped into IPv6 (RFC 4291 §2.5.5.2) as IPv4. */
function plainAddress(text: string): string | undefined {
  const address = text.toLowerCase().replace(/%.*$/, '');
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/.exec(address)?.[1] ?? address;
  return isIP(mapped) === 0 ? undefined : mapped;
}

/** One subscriber holds a whole IPv6 /64, so its first four groups are the client. */
function networkOf(address: string): string {
  if (isIP(address) !== 6) return address;
  const [head = '', tail] = address.split('::');
  const left = head === '' ? [] : head.split(':');
  const right = tail === undefined || tail === '' ? [] : tail.split(':');
  // A dotted quad at the end stands for two groups.
  const written = left.length + right.length + (address.includes('.') ? 1 : 0);
  const groups = tail === undefined ? left : [...left, ...Array<string>(8 - written).fill('0'), ...right];
  const network = groups.slice(0, 4).map((group) => Number.parseInt(group, 16).toString(16));
  return `${network.join(':')}::/64`;
}
