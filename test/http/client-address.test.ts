import { describe, expect, it } from 'vitest';
import { clientAddress } from '../../src/http/client-address.ts';

describe('clientAddress', () => {
  it.each([
    ['192.0.2.7', '192.0.2.7'],
    ['::ffff:192.0.2.7', '192.0.2.7'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:db8:1:2::1', '2001:db8:1:2::/64'],
    ['2001:0DB8:0001:0002::ffff', '2001:db8:1:2::/64'],
    ['2001:db8::1', '2001:db8:0:0::/64'],
    ['fe80::1%eth0', 'fe80:0:0:0::/64'],
    ['::1', '0:0:0:0::/64'],
    ['64:ff9b::192.0.2.33', '64:ff9b:0:0::/64'],
    [undefined, 'unknown'],
    ['not an address', 'unknown'],
  ])('counts %s as %s', (peer, client) => {
    expect(clientAddress([])(peer, undefined)).toBe(client);
  });

  it('does not believe X-Forwarded-For from anyone but a trusted proxy', () => {
    expect(clientAddress([])('192.0.2.7', '198.51.100.1')).toBe('192.0.2.7');
    expect(clientAddress(['10.0.0.0/8'])('192.0.2.7', '198.51.100.1')).toBe('192.0.2.7');
  });

  it.each([
    ['198.51.100.1', '198.51.100.1'],
    ['203.0.113.9, 198.51.100.1', '198.51.100.1'],
    ['203.0.113.9, 198.51.100.1, 10.2.3.4', '198.51.100.1'],
    ['10.9.9.9, 10.2.3.4', '10.9.9.9'],
    ['junk, 10.2.3.4', '10.2.3.4'],
    ['', '10.0.0.1'],
    ['198.51.100.1, ', '10.0.0.1'],
    ['2001:db8:1:2::3', '2001:db8:1:2::/64'],
  ])('takes the right-most untrusted hop of %s', (forwardedFor, client) => {
    expect(clientAddress(['10.0.0.0/8', '::1'])('10.0.0.1', forwardedFor)).toBe(client);
  });
});
