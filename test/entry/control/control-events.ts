/** One control event of each kind, as tests begin from. */
import type { Authority } from '../../../src/entry/control/authority-set.ts';
import type { ControlEvent } from '../../../src/entry/control/control-statement.ts';

const KEY = '11'.repeat(32);
const ISSUED = 1_764_000_000;

const common = { namespace: 'acme', issued: ISSUED } as const;
const identity = { issuer: 'https://token.example', sanPattern: 'https://github.com/acme/*' } as const;
const artifact = { digests: { sha256: 'aa'.repeat(32) }, package: undefined } as const;
const denial = { severity: 'critical', advisories: ['GHSA-xxxx'], reason: 'malware' } as const;

const AUTHORITY: Authority = {
  namespace: 'acme',
  covers: ['https://github.com/acme/*', 'pkg:npm/%40acme/*'],
  owners: [{ key: KEY }, { key: '22'.repeat(32) }, { issuer: 'https://token.example', san: 'carol@acme.example' }],
  revokers: [{ key: '33'.repeat(32) }],
  operators: [{ key: '44'.repeat(32) }],
  thresholds: { authority: 2, grant: 1, revoke: 1, reinstate: 2 },
};

export const ONE_OF_EACH: readonly ControlEvent[] = [
  { event: 'authority-set', issued: ISSUED, ...AUTHORITY },
  {
    ...{ event: 'key-authorize', ...common, key: KEY, principal: 'release team' },
    ...{ scopes: ['https://github.com/acme/app'], kind: 'kms', notAfter: ISSUED + 1 },
  },
  {
    ...{ event: 'key-rotate', ...common, key: KEY, previous: '22'.repeat(32), principal: 'release team' },
    ...{ scopes: [], kind: 'file', notAfter: undefined },
  },
  { event: 'key-revoke', ...common, key: KEY, reason: 'compromise', lastValidIndex: 7, comment: 'laptop stolen' },
  { event: 'identity-suspend', ...common, identity, repositoryId: '42', from: 9, reason: 'runner compromised' },
  {
    ...{ event: 'identity-reinstate', ...common, identity, repositoryId: '42', reverses: [9], validFrom: 12 },
    reason: 'runner rebuilt',
  },
  {
    ...{ event: 'builder-revoke', ...common, builder: 'https://builder.example/b', reason: 'cache poisoned' },
    ...{ versions: { from: '1.2', below: '1.4.1' }, buildType: 'urn:type', indexes: { from: 3, to: 9 } },
  },
  {
    ...{ event: 'withdraw', ...common, reason: 'wrong tag' },
    selector: { by: 'leaves', leaves: [{ leafHash: 'bb'.repeat(32), events: ['cc'.repeat(32)] }] },
  },
  { event: 'artifact-quarantine', ...common, target: artifact, ...denial },
  { event: 'artifact-revoke', ...common, target: artifact, ...denial, replacement: { sha256: 'dd'.repeat(32) } },
  { event: 'artifact-clear', ...common, target: artifact, reverses: [3, 4], reason: 'false alarm' },
  {
    ...{ event: 'dependency-taint', ...common, advisories: ['CVE-2026-1'], reason: 'moved tag', scope: 'namespace' },
    ...{ target: { digests: undefined, package: 'pkg:github/a/b@1' }, window: { from: ISSUED, to: ISSUED + 9 } },
  },
  { event: 'supersede', ...common, target: artifact, replacement: { sha256: 'ee'.repeat(32) }, reason: 'patched' },
  {
    ...{ event: 'exception-grant', ...common, subject: `sha256:${'aa'.repeat(32)}`, rule: 'min-age' },
    ...{ until: ISSUED + 60, reason: 'incident' },
  },
  { event: 'policy-set', ...common, policy: 'ff'.repeat(32), name: 'production' },
];
