import { networkInterfaces } from 'node:os'
import { describe, it } from 'vitest'
import { classOf, isNetwork, within } from '../../../sandboxes/egress/addresses.ts'

const CLASSES: Readonly<Record<string, readonly string[]>> = {
  'public': ['1.1.1.1', '9.255.255.255', '11.0.0.0', '100.63.255.255', '100.128.0.0', '172.15.255.255', '172.32.0.0', '198.17.255.255', '223.255.255.255',
    '2000::1', '2606:4700::1111', '2001:200::1', '3fff:1000::1', '2003::1'],
  'loopback': ['127.0.0.1', '127.255.255.254', '::1', '0:0:0:0:0:0:0:1'],
  'unspecified': ['0.0.0.0', '0.1.2.3', '::'],
  'private': ['10.0.0.5', '172.16.0.1', '172.31.255.255', '192.168.1.1', 'fc00::1', 'fdff::1'],
  'link-local': ['169.254.0.1', '169.254.169.253', 'fe80::1', 'fe80::1%eth0', 'febf::1'],
  'metadata': ['169.254.169.254', '169.254.170.2', '100.100.100.200', '192.0.0.192', '168.63.129.16', 'fd00:ec2::254', 'fd20:ce::254'],
  'carrier-grade NAT': ['100.64.0.1', '100.127.255.255'],
  'documentation': ['192.0.2.1', '198.51.100.1', '203.0.113.1', '2001:db8::1', '3fff::1'],
  'reserved': ['192.0.0.1', '192.88.99.1', '198.18.0.1', '198.19.255.255', '240.0.0.1', '255.255.255.255', '2001:1::1', '2001:20::1', '4000::1', '5f00::1', '100::1', '8000::1'],
  'multicast': ['224.0.0.1', '239.255.255.255', 'ff02::1'],
  'IPv4-mapped': ['::ffff:127.0.0.1', '::ffff:8.8.8.8', '::FFFF:7f00:1', '::ffff:0:127.0.0.1'],
  'IPv4-compatible': ['::127.0.0.1', '::8.8.8.8', '::7f00:1'],
  'NAT64': ['64:ff9b::7f00:1', '64:ff9b::8.8.8.8', '64:ff9b:1::a00:1'],
  '6to4': ['2002:7f00:1::', '2002:808:808::1'],
  'Teredo': ['2001::1', '2001:0:7f00:1::'],
  'site-local': ['fec0::1'],
  'no address': ['', 'localhost', '0x7f000001', '2130706433', '127.1', '0177.0.0.1', '1.2.3.4.5', '127.0.0.1 ', '[::1]', '::1/128', '１.1.1.1'],
}

describe('an address', () => {
  it.for(Object.entries(CLASSES))('is %s', ([name, addresses], { expect }) => {
    expect(addresses.map((address) => [address, classOf(address)])).toEqual(addresses.map((address) => [address, name]))
  })

  it('of the machine itself is never public', ({ expect }) => {
    const own = Object.values(networkInterfaces()).flatMap((each) => each ?? []).map(({ address }) => address)
    expect(own.length).toBeGreaterThan(0)
    expect(own.filter((address) => classOf(address) === 'public')).toEqual([])
  })
})

describe('a network', () => {
  it('is of one family: IPv4 addresses are in no IPv6 network, the mapped one among them', ({ expect }) => {
    expect(within('8.8.8.8', ['::ffff:0:0/96', '::/0'])).toBe(false)
    expect(within('::ffff:10.0.0.5', ['10.0.0.0/8', '0.0.0.0/0'])).toBe(false)
    expect(within('::ffff:10.0.0.5', ['::ffff:10.0.0.0/104'])).toBe(true)
    expect(within('10.0.0.5', ['192.168.0.0/16', '10.0.0.0/8'])).toBe(true)
    expect(within('10.0.0.5', ['10.0.0.4', '10.0.0.5'])).toBe(true)
    expect(within('fe80::1%eth0', ['fe80::/10'])).toBe(true)
    expect(within('no address', ['0.0.0.0/0'])).toBe(false)
  })

  it('is written as CIDR or as one address, and in no other way', ({ expect }) => {
    const good = ['10.0.0.0/8', '0.0.0.0/0', '10.0.0.1', '10.0.0.1/32', '::1', 'fc00::/7', '::/0', '::ffff:10.0.0.0/104']
    const bad = ['', '10/8', '10.0.0.0/33', '10.0.0.0/', '10.0.0.0/8/8', '10.0.0.0/-1', '0x0a000000/8', 'fc00::/129', 'fe80::1%lo', 'localhost', '*', '10.0.0.0/ 8']
    expect(good.filter((text) => !isNetwork(text))).toEqual([])
    expect(bad.filter(isNetwork)).toEqual([])
  })
})
