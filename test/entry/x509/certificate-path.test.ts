import { describe, expect, it } from 'vitest';
import { isLogError } from '../../../src/core/errors.ts';
import type { SignatureChecks } from '../../../src/entry/keys/signature-checks.ts';
import { portableChecks } from '../../../src/entry/submission/portable-signatures.ts';
import type { Certificate } from '../../../src/entry/x509/certificate.ts';
import { type CertificatePurpose, verifyCertificatePath } from '../../../src/entry/x509/certificate-path.ts';
import { der, octets, sequence } from '../../fixtures/der-writer.ts';
import { testKey } from '../../fixtures/make.ts';
import {
  CERT_SIGN,
  CODE_SIGNING,
  DIGITAL_SIGNATURE,
  extension,
  type Issued,
  issue,
  issueCa,
  issueLeaf,
  TIME_STAMPING,
} from './issue-certificate.ts';

const NOW = Date.UTC(2026, 5, 1) / 1000;
const root = issueCa({ name: 'root' });
const middle = issueCa({ name: 'middle', by: root, purposes: [CODE_SIGNING] });
const leaf = issueLeaf({ name: 'leaf', by: middle });

interface Way {
  anchors?: Issued[];
  time?: number;
  purpose?: CertificatePurpose | undefined;
  checks?: SignatureChecks;
}

function path(of: Issued, between: Issued[], way: Way = {}): Certificate[] {
  return verifyCertificatePath({
    leaf: of.certificate,
    intermediates: between.map(({ certificate }) => certificate),
    anchors: (way.anchors ?? [root]).map(({ certificate }) => certificate),
    time: way.time ?? NOW,
    purpose: 'purpose' in way ? way.purpose : 'code-signing',
    checks: way.checks ?? portableChecks,
  });
}

/** Why a path was refused. */
function refusal(of: Issued, between: Issued[], way?: Way): string | undefined {
  try {
    path(of, between, way);
    return undefined;
  } catch (error) {
    if (isLogError(error, 'certificate_rejected')) return error.message;
    throw error;
  }
}

const certificates = (...issued: Issued[]): Certificate[] => issued.map(({ certificate }) => certificate);

describe('a path', () => {
  it('leads over an intermediate to the root', () => {
    expect(path(leaf, [middle])).toEqual(certificates(leaf, middle, root));
  });

  it('ends at an intermediate that is trusted itself', () => {
    expect(path(leaf, [root], { anchors: [middle] })).toEqual(certificates(leaf, middle));
  });

  it('is found whatever the order of the candidates, and past strangers', () => {
    const upper = issueCa({ name: 'upper', by: root });
    const lower = issueCa({ name: 'lower', by: upper });
    const end = issueLeaf({ name: 'end', by: lower });
    const stranger = issueCa({ name: 'stranger' });
    expect(path(end, [stranger, upper, middle, lower])).toEqual(certificates(end, lower, upper, root));
  });

  it('is found past a CA of the same name with another key', () => {
    const impostor = issueCa({ name: 'middle', key: testKey('p256', 'impostor'), by: root });
    expect(path(leaf, [impostor, middle])).toEqual(certificates(leaf, middle, root));
  });

  it('is found past a dead end that looks as good', () => {
    const elsewhere = issueCa({ name: 'elsewhere' });
    const deadEnd = issueCa({ name: 'middle', by: elsewhere });
    expect(path(leaf, [deadEnd, middle])).toEqual(certificates(leaf, middle, root));
  });

  it.each(['p384', 'p521', 'rsa2048', 'ed25519'] as const)('is verified under CA keys of kind %s', (kind) => {
    const ca = issueCa({ name: `${kind} root`, kind });
    expect(path(issueLeaf({ name: 'below', by: ca }), [], { anchors: [ca] })).toHaveLength(2);
  });

  it('tries the CA first that has the wanted key identifier', () => {
    const keyId = octets(Uint8Array.of(7));
    const other = issueCa({
      name: 'middle',
      key: testKey('p256', 'other'),
      by: root,
      extensions: [extension('2.5.29.14', false, octets(Uint8Array.of(8)))],
    });
    const right = issueCa({ name: 'middle', by: root, extensions: [extension('2.5.29.14', false, keyId)] });
    const authority = extension('2.5.29.35', false, sequence(der(0x80, Uint8Array.of(7))));
    const end = issueLeaf({ name: 'end', by: right, extensions: [authority] });
    const { checks, count } = counting();
    expect(path(end, [other, right], { checks })).toEqual(certificates(end, right, root));
    expect(count()).toBe(2);
  });

  it('needs a time stamping purpose that is critical and alone for time stamps', () => {
    const stamping = { name: 'tsa', by: root, usage: [DIGITAL_SIGNATURE], purposes: [TIME_STAMPING] };
    const tsa = issue({ ...stamping, purposesCritical: true });
    expect(path(tsa, [], { purpose: 'time-stamping' })).toHaveLength(2);
    expect(refusal(issue(stamping), [], { purpose: 'time-stamping' })).toMatch('time stamping alone');
    const both = issue({ ...stamping, purposes: [TIME_STAMPING, CODE_SIGNING], purposesCritical: true });
    expect(refusal(both, [], { purpose: 'time-stamping' })).toMatch('time stamping alone');
    expect(refusal(tsa, [])).toMatch('does not name code signing');
  });

  it('of no purpose takes any', () => {
    const plain = issue({ name: 'plain', by: root });
    expect(path(plain, [], { purpose: undefined })).toHaveLength(2);
  });

  it('does not count a self-issued CA against the path length', () => {
    const limited = issueCa({ name: 'limited', by: root, pathLength: 0 });
    const renewed = issueCa({ name: 'limited', key: testKey('p256', 'renewed'), by: limited });
    expect(path(issueLeaf({ name: 'end', by: renewed }), [limited, renewed])).toHaveLength(4);
  });
});

const ca = (options: Partial<Parameters<typeof issue>[0]>): Issued => issueCa({ name: 'bad', by: root, ...options });
const under = (issuer: Issued): [Issued, Issued[]] => [issueLeaf({ name: 'end', by: issuer }), [issuer]];
const end = (options: Partial<Parameters<typeof issue>[0]>): [Issued, Issued[]] => [
  issueLeaf({ name: 'end', by: middle, ...options }),
  [middle],
];

describe('a path is refused', () => {
  const tooDeep = chainOf(9);
  it.each<[string, [Issued, Issued[], Way?], string]>([
    ['whose issuer is unknown', [leaf, []], 'its issuer is neither'],
    [
      'to a root that is not trusted',
      [leaf, [middle], { anchors: [issueCa({ name: 'another' })] }],
      'path: its issuer is neither',
    ],
    [
      'to a root of the trusted name with another key',
      [leaf, [middle], { anchors: [forged()] }],
      'signature was not made',
    ],
    [
      'of a certificate that signed itself',
      [issueLeaf({ name: 'root', key: testKey('p256', 'stranger') }), []],
      'signature was not made',
    ],
    [
      'over a certificate without basic constraints',
      under(issue({ name: 'bad', by: root, usage: [CERT_SIGN] })),
      'is not a CA',
    ],
    ['over a certificate that is no CA', under(ca({ ca: false, pathLength: 0 })), 'is not a CA'],
    [
      'over a CA that may not sign certificates',
      under(ca({ usage: [DIGITAL_SIGNATURE] })),
      'does not allow to sign cert',
    ],
    [
      'over a CA for another purpose',
      under(ca({ purposes: [TIME_STAMPING] })),
      'extended key usage without code signing',
    ],
    ['over more CAs than one above allows', tooLong(), 'allows fewer CAs'],
    ['over a CA that has expired', under(ca({ notAfter: '20260401000000Z' })), 'had expired'],
    ['over a CA that is not yet valid', under(ca({ notBefore: '20260701000000Z' })), 'not yet valid'],
    ['over a CA with an unknown critical extension', under(ca({ extensions: [unknown(true)] })), 'critical extension'],
    [
      'over a CA with basic constraints that cannot be read',
      under(ca({ ca: undefined, extensions: [extension('2.5.29.19', true, octets(Uint8Array.of()))] })),
      'cannot be read',
    ],
    ['of a leaf that had expired', end({ notAfter: '20260531235959Z' }), 'had expired'],
    ['of a leaf that is not yet valid', end({ notBefore: '20260601000001Z' }), 'not yet valid'],
    ['of a leaf that may not sign', end({ usage: [CERT_SIGN] }), 'does not allow signatures'],
    ['of a leaf for another purpose', end({ purposes: [TIME_STAMPING] }), 'does not name code signing'],
    ['of a leaf without a purpose', end({ purposes: undefined }), 'does not name code signing'],
    ['of a leaf with an unknown critical extension', end({ extensions: [unknown(true)] }), 'critical extension'],
    [
      'of a precertificate',
      end({ extensions: [extension('1.3.6.1.4.1.11129.2.4.3', true, der(0x05))] }),
      'critical extension',
    ],
    ['of more than 10 certificates', [tooDeep.leaf, tooDeep.between], 'more than 10'],
    ['that goes round in circles', circle(), 'back to itself'],
  ])('%s', (_, [of, between, way], reason) => {
    expect(refusal(of, between, way)).toMatch(reason);
  });

  it('at a time at which its root had expired', () => {
    const time = Date.UTC(2051, 0, 1) / 1000;
    const late = { notAfter: '20600101000000Z' };
    const end = issueLeaf({ name: 'end', by: root, ...late });
    expect(refusal(end, [], { time })).toMatch('had expired');
  });
});

describe('what stays allowed', () => {
  const deep = chainOf(8);
  it.each<[string, [Issued, Issued[], Way?]]>([
    ['10 certificates', [deep.leaf, deep.between]],
    ['an unknown extension that is not critical', end({ extensions: [unknown(false)] })],
    ['the first second of validity', end({ notBefore: '20260601000000Z' })],
    ['the last second of validity', end({ notAfter: '20260601000000Z' })],
    ['a CA without key usage and purposes', under(ca({ usage: undefined }))],
    ['a CA for any purpose', under(ca({ purposes: ['2.5.29.37.0'] }))],
    ['as many CAs as are allowed', under(ca({ pathLength: 0 }))],
  ])('%s', (_, [of, between, way]) => {
    expect(refusal(of, between, way)).toBeUndefined();
  });
});

it('costs bounded time in a mesh of cross-signed CAs', () => {
  // Eight CAs, each signed by each: more paths than could ever be tried.
  const entities = Array.from({ length: 8 }, (_, i) => ({ name: `mesh ${i}`, key: testKey('p256', `mesh ${i}`) }));
  const mesh = entities.flatMap((subject) =>
    entities.filter((by) => by !== subject).map((by) => issueCa({ name: subject.name, key: subject.key, by })),
  );
  const { checks, count } = counting();
  expect(refusal(issueLeaf({ name: 'end', by: entities[0]! }), mesh, { checks })).toMatch('no trusted path');
  expect(count()).toBeLessThanOrEqual(16);
});

it('checks the signatures of the same CAs once', () => {
  const [end, between] = under(ca({}));
  const { checks, count } = counting();
  path(end, between, { checks });
  path(issueLeaf({ name: 'another', by: between[0]! }), between, { checks });
  expect(count()).toBe(3);
});

function forged(): Issued {
  return issueCa({ name: 'root', key: testKey('p256', 'forged') });
}

function unknown(critical: boolean): Uint8Array {
  return extension('1.2.3.4', critical, der(0x05));
}

function tooLong(): [Issued, Issued[]] {
  const limited = issueCa({ name: 'limited', by: root, pathLength: 0 });
  const below = issueCa({ name: 'below', by: limited });
  return [issueLeaf({ name: 'end', by: below }), [limited, below]];
}

function circle(): [Issued, Issued[]] {
  const [a, b] = ['a', 'b'].map((name) => ({ name, key: testKey('p256', name) })) as [Issued, Issued];
  return [issueLeaf({ name: 'end', by: a }), [issueCa({ name: 'a', by: b }), issueCa({ name: 'b', by: a })]];
}

/** A leaf below so many intermediates below the root. */
function chainOf(count: number): { leaf: Issued; between: Issued[] } {
  const between: Issued[] = [];
  let by = root;
  for (let i = 0; i < count; i++) {
    by = issueCa({ name: `level ${i}`, by });
    between.push(by);
  }
  return { leaf: issueLeaf({ name: 'end', by }), between };
}

function counting(): { checks: SignatureChecks; count(): number } {
  let count = 0;
  const verifyMessage: SignatureChecks['verifyMessage'] = (...question) => {
    count++;
    return portableChecks.verifyMessage(...question);
  };
  return { checks: { ...portableChecks, verifyMessage }, count: () => count };
}
