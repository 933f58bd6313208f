/** The native check of P-256 signatures over digests against @noble/curves, and against OpenSSL over messages. */
import { createHash, verify } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { concat } from '../../../src/core/bytes.ts';
import { schemesOf } from '../../../src/entry/keys/signature-scheme.ts';
import { portableChecks } from '../../../src/entry/submission/portable-signatures.ts';
import { verifyP256Digest } from '../../../src/log/native/native-p256-digest.ts';
import { nativeChecks } from '../../../src/log/native/native-signatures.ts';
import { randomFrom } from '../../server/random.ts';
import { flipped } from '../large-log.ts';
import {
  bytes32,
  derOf,
  inverseN,
  keyAt,
  keyLeadingTo,
  keyObjectOf,
  keyOf,
  modN,
  multipleOfG,
  N,
  P,
  Point,
  pointFromX,
  type SignedDigest,
  scalarFrom,
  signatureWith,
  signNumbers,
  sumOf,
} from './p256-signatures.ts';

/** Set by `npm run test:p256 -- --signatures N --seed S`. */
const signatures = Number(process.env.COUNTERSIGN_P256_SIGNATURES ?? 500);
const seed = Number(process.env.COUNTERSIGN_P256_SEED ?? Date.now() % 2 ** 31);

const d = scalarFrom('a private key');
const key = Point.fromBytes(multipleOfG(d));
const sha256 = (message: Uint8Array): Uint8Array => Uint8Array.from(createHash('sha256').update(message).digest());
const integerOf = (bytes: Uint8Array): bigint => BigInt(`0x${Buffer.from(bytes).toString('hex')}`);

type Verdict = boolean | undefined;

/** What the native equation says by itself, having held the whole check to the portable one. */
function nativeVerdict({ key, digest, signature }: SignedDigest): Verdict {
  const scheme = schemesOf(key)[0]!;
  const portable = portableChecks.verifyDigest(key, scheme, digest, signature);
  expect(nativeChecks.verifyDigest(key, scheme, digest, signature)).toBe(portable);
  const native = verifyP256Digest(key.point!, digest, signature);
  expect(native ?? portable).toBe(portable);
  return native;
}

function portableVerdict({ key, digest, signature }: SignedDigest): boolean {
  return portableChecks.verifyDigest(key, schemesOf(key)[0]!, digest, signature);
}

describe('signatures by the thousand', () => {
  const RIGHT = ['as signed', 'other s'] as const;
  const WRONG = [
    'negated key',
    'other key',
    'other message',
    'flipped digest',
    'flipped signature',
    'swapped',
  ] as const;

  it(
    `agree with both other implementations: ${signatures} from seed ${seed}`,
    () => {
      const random = randomFrom(seed);
      const counts = new Map<string, number>();
      const wrong: string[] = [];
      for (let i = 0; i < signatures; i++) {
        const name = random.below(2) === 0 ? random.pick(RIGHT) : random.pick(WRONG);
        const right = name === 'as signed' || name === 'other s';
        const d = scalarFrom(`key ${seed} ${i}`);
        const message = Buffer.from(`message ${seed} ${i}`);
        const other = Buffer.from('other');
        let digest = sha256(message);
        const { r, s } = signNumbers(d, scalarFrom(`nonce ${seed} ${i}`), integerOf(digest));
        let signature = derOf(r, s);
        if (name === 'other s') signature = derOf(r, N - s);
        if (name === 'swapped') signature = derOf(s, r);
        if (name === 'flipped signature') signature = flipped(signature, random.below(signature.length * 8));
        if (name === 'flipped digest') digest = flipped(digest, random.below(256));
        if (name === 'other message') digest = sha256(other);
        const signer = name === 'negated key' ? N - d : name === 'other key' ? modN(d + 1n) : d;
        const key = keyAt(multipleOfG(signer));

        const native = verifyP256Digest(key.point!, digest, signature);
        const portable = portableVerdict({ key, digest, signature });
        const openssl =
          name === 'flipped digest' // of no known message
            ? portable
            : verify('sha256', name === 'other message' ? other : message, keyObjectOf(key), signature);
        if (native !== right || portable !== right || openssl !== right)
          wrong.push(`${i} ${name}: native ${native}, portable ${portable}, OpenSSL ${openssl}`);
        counts.set(name, (counts.get(name) ?? 0) + 1);
      }
      const kinds = [...counts].map(([name, count]) => `${count} ${name}`).join(', ');
      process.stdout.write(
        `${signatures} P-256 signatures from seed ${seed}: ${kinds}; ${wrong.length} disagreements\n`,
      );
      expect(wrong).toEqual([]);
    },
    20_000 + signatures * 20,
  );
});

describe('numbers at and beyond their bounds', () => {
  const message = Buffer.from('what is signed');
  const digest = sha256(message);
  const { r, s } = signNumbers(d, scalarFrom('a nonce'), integerOf(digest));
  const bounds = [0n, 1n, 2n, N - 2n, N - 1n, N, N + 1n, P - N, P - 1n, P, P + 1n, 2n ** 256n - 1n, 2n ** 256n, r + N];

  it('refuses every r and s that is not the signed one', () => {
    const pairs = [...bounds, r].flatMap((one) => [...bounds, s + N, s].map((other) => [one, other] as const));
    const accepted = pairs.filter(([one, other]) => {
      const signed = { key: keyOf(key), digest, signature: derOf(one, other) };
      const verdict = nativeVerdict(signed);
      expect(verify('sha256', message, keyObjectOf(signed.key), signed.signature)).toBe(verdict);
      return verdict;
    });
    expect(accepted).toEqual([[r, s]]);
  });

  it('takes a high s and a low one', () => {
    expect(nativeVerdict({ key: keyOf(key), digest, signature: derOf(r, s) })).toBe(true);
    expect(nativeVerdict({ key: keyOf(key), digest, signature: derOf(r, N - s) })).toBe(true);
  });

  it('tells a key from its negative', () => {
    expect(nativeVerdict({ key: keyOf(key.negate()), digest, signature: derOf(r, s) })).toBe(false);
    expect(nativeVerdict({ key: keyOf(key.negate()), digest, signature: derOf(r, N - s) })).toBe(false);
  });

  it('reads a digest above n as the number modulo n, and no two others as one', () => {
    const h = 5n;
    const { r, s } = signNumbers(d, scalarFrom('of a small digest'), h);
    const verdictOn = (h: bigint): Verdict =>
      nativeVerdict({ key: keyOf(key), digest: bytes32(h), signature: derOf(r, s) });
    expect([h, h + N].map(verdictOn)).toEqual([true, true]);
    expect([h + 1n, N - h, h + N + 1n, P, 2n ** 256n - 1n, N - 1n, N + 1n].map(verdictOn)).not.toContain(true);
  });

  it('refuses digests with a bit flipped', () => {
    const flips = Array.from({ length: 256 }, (_, bit) => flipped(digest, bit));
    const signature = derOf(r, s);
    expect(flips.filter((digest) => nativeVerdict({ key: keyOf(key), digest, signature }) !== false)).toEqual([]);
  });

  it('leaves digests of another length to the portable check', () => {
    const signature = derOf(r, s);
    for (const other of [new Uint8Array(0), digest.subarray(1), concat(digest, Uint8Array.of(0))])
      expect(nativeVerdict({ key: keyOf(key), digest: other, signature })).toBe(undefined);
  });
});

describe('an x beyond n', () => {
  // An x of n or more is none that a signer meets: the chance is 2^-128.
  const sum = pointFromX(N);
  const x = sum.toAffine().x;
  const [u1, u2] = [scalarFrom('u1'), scalarFrom('u2')];
  const signer = keyLeadingTo(sum, u1, u2);

  it('is stood for by r = x − n', () => {
    expect(x >= N && x < P).toBe(true);
    expect(nativeVerdict(signatureWith(u1, u2, signer))).toBe(true);
    expect(nativeVerdict(signatureWith(u1, u2, signer, x - N + 1n))).toBe(false);
    expect(nativeVerdict(signatureWith(u1, u2, signer.negate(), x - N))).toBe(false);
  });

  it('is not stood for by itself', () => {
    expect(nativeVerdict(signatureWith(u1, u2, signer, x))).toBe(false);
  });

  it('is not wrapped at p: r + n stands for nothing from p on', () => {
    const small = pointFromX(1n);
    const signer = keyLeadingTo(small, u1, u2);
    const x = small.toAffine().x;
    expect(nativeVerdict(signatureWith(u1, u2, signer))).toBe(true);
    expect(x + P - N < N).toBe(true);
    expect(nativeVerdict(signatureWith(u1, u2, signer, x + P - N))).toBe(false);
  });
});

describe('scalars that no signer meets by chance', () => {
  const [u1, u2] = [scalarFrom('another u1'), scalarFrom('another u2')];
  /** On the right signature, on one with another r, and under the negated key. */
  const verdicts = (u1: bigint, u2: bigint): Verdict[] => [
    nativeVerdict(signatureWith(u1, u2, key)),
    nativeVerdict(signatureWith(u1, u2, key, scalarFrom('another r'))),
    nativeVerdict({ ...signatureWith(u1, u2, key), key: keyOf(key.negate()) }),
  ];

  it.each([1n, 2n, 3n, N - 3n, N - 2n, N - 1n])('decides u2 = %d', (u2) => {
    expect(verdicts(u1, u2)).toEqual([true, false, false]);
  });

  it.each([1n, 2n, 3n, N - 3n, N - 2n, N - 1n])('decides u1 = %d', (u1) => {
    expect(verdicts(u1, u2)).toEqual([true, false, false]);
  });

  it.each([1n, 2n, N - 2n, N - 1n])('decides c = %d', (c) => {
    expect(verdicts(modN(c * u2), u2)).toEqual([true, false, false]);
  });

  it('inverts r·s of every length, and what is about as long below n', () => {
    const k = scalarFrom('a nonce for products');
    const { r } = signNumbers(d, k, 1n);
    for (let bits = 0n; bits < 256n; bits += 3n)
      for (const product of [2n ** bits, 2n ** bits + 1n, N - 2n ** bits, N / (2n ** bits + 2n)]) {
        const s = modN(product * inverseN(r));
        const digest = bytes32(modN(s * k - r * d));
        expect(verifyP256Digest(key.toBytes(false), digest, derOf(r, s))).toBe(true);
      }
  });

  it('leaves u1 = 0 to the portable check', () => {
    const signed = signatureWith(0n, u2, key);
    expect(nativeVerdict(signed)).toBe(undefined);
    // Without u1 the sign of the key makes no difference to the x.
    for (const signer of [key, key.negate()])
      for (const digest of [bytes32(0n), bytes32(N)]) {
        const variant = { ...signed, key: keyOf(signer), digest };
        expect([nativeVerdict(variant), portableVerdict(variant)]).toEqual([undefined, true]);
      }
    const other = signatureWith(0n, u2, key, scalarFrom('another r'));
    expect([nativeVerdict(other), portableVerdict(other)]).toEqual([undefined, false]);
  });

  it('leaves u1·G = u2·Q, where the sum is a doubling, to the portable check', () => {
    const signed = signatureWith(modN(u2 * d), u2, key);
    expect([nativeVerdict(signed), portableVerdict(signed)]).toEqual([undefined, true]);
    const other = signatureWith(modN(u2 * d), u2, key, scalarFrom('another r'));
    expect([nativeVerdict(other), portableVerdict(other)]).toEqual([undefined, false]);
  });

  it('leaves u1·G = −u2·Q, where the sum is the point at infinity, to the portable check', () => {
    const u1 = modN(-u2 * d);
    expect(sumOf(u1, u2, key).is0()).toBe(true);
    for (const r of [1n, scalarFrom('any r'), N - 1n]) {
      const signed = signatureWith(u1, u2, key, r);
      expect([nativeVerdict(signed), portableVerdict(signed)]).toEqual([undefined, false]);
    }
  });

  it('decides for keys that are small multiples of G', () => {
    for (const d of [1n, 2n, 3n, N - 2n, N - 1n]) {
      const signer = Point.fromBytes(multipleOfG(d));
      expect(nativeVerdict(signatureWith(u1, u2, signer))).toBe(true);
      expect(nativeVerdict({ ...signatureWith(u1, u2, signer), key: keyOf(signer.negate()) })).toBe(false);
    }
  });
});

describe('keys that are no points', () => {
  const { digest, signature } = signatureWith(scalarFrom('u1 of a key'), scalarFrom('u2 of a key'), key);
  const { x, y } = key.toAffine();
  const uncompressed = (x: bigint, y: bigint): Uint8Array => concat(Uint8Array.of(4), bytes32(x), bytes32(y));
  const verdicts = (point: Uint8Array): Verdict[] => {
    const signed = { key: keyAt(point), digest, signature };
    return [nativeVerdict(signed), portableVerdict(signed)];
  };

  it('refuses points off the curve', () => {
    for (const [otherX, otherY] of [
      [x, y + 1n],
      [x + 1n, y],
      [y, x],
      [0n, 0n],
      [2n ** 256n - 1n, 2n ** 256n - 1n],
    ] as const)
      expect(verdicts(uncompressed(otherX, otherY))).toEqual([undefined, false]);
  });

  it('refuses coordinates that are written beyond p', () => {
    const small = pointFromX(1n);
    const signed = signatureWith(scalarFrom('u1 of it'), scalarFrom('u2 of it'), small);
    expect(nativeVerdict(signed)).toBe(true);
    const { x, y } = small.toAffine();
    const beyond = { ...signed, key: keyAt(uncompressed(x + P, y)) };
    expect([nativeVerdict(beyond), portableVerdict(beyond)]).toEqual([undefined, false]);
  });

  it('refuses a point off the curve whose sum with c·G is on it', () => {
    // On the line through c·G and another point of the curve, where the sum has the x of c·G: it is then −c·G.
    const c = scalarFrom('c');
    const { x: cX, y: cY } = Point.BASE.multiplyUnsafe(c).toAffine();
    const { x: otherX, y: otherY } = Point.BASE.multiplyUnsafe(scalarFrom('another point')).toAffine();
    const slope = Point.Fp.create((otherY - cY) * Point.Fp.inv(Point.Fp.create(otherX - cX)));
    const offX = Point.Fp.create(slope * slope - 2n * cX);
    const offY = Point.Fp.create(cY + slope * (offX - cX));
    // The x of u2·(−c·G) is r, and s = r/u2: without a look at the key this would pass.
    const u2 = scalarFrom('u2 off the curve');
    const r = modN(Point.BASE.multiplyUnsafe(modN(-c * u2)).toAffine().x);
    const forged = {
      key: keyAt(uncompressed(offX, offY)),
      digest: bytes32(modN(c * r)),
      signature: derOf(r, modN(r * inverseN(u2))),
    };
    expect([nativeVerdict(forged), portableVerdict(forged)]).toEqual([undefined, false]);
  });

  it('leaves other encodings to the portable check', () => {
    for (const point of [
      new Uint8Array(0),
      Uint8Array.of(0),
      key.toBytes(true),
      key.toBytes(false).subarray(1),
      concat(key.toBytes(false), Uint8Array.of(0)),
      concat(Uint8Array.of(6 + Number(y % 2n)), bytes32(x), bytes32(y)),
    ])
      expect(verdicts(point)[0]).toBe(undefined);
  });
});

it('refuses encodings that are not strict DER of two integers', () => {
  const { digest, signature } = signatureWith(scalarFrom('u1 in DER'), scalarFrom('u2 in DER'), key);
  const length = signature[3]!;
  const [r, s] = [signature.subarray(4, 4 + length), signature.subarray(6 + length)];
  const integer = (...content: number[]): number[] => [0x02, content.length, ...content];
  const sequence = (...parts: number[][]): Uint8Array => Uint8Array.of(0x30, parts.flat().length, ...parts.flat());
  expect(nativeVerdict({ key: keyOf(key), digest, signature: sequence(integer(...r), integer(...s)) })).toBe(true);
  const malformed = [
    new Uint8Array(0),
    Uint8Array.of(0x30, 0),
    signature.subarray(0, -1),
    signature.subarray(1),
    concat(signature, Uint8Array.of(0)),
    concat(Uint8Array.of(0), signature),
    Uint8Array.of(0x30, 0x81, ...signature.subarray(1)),
    Uint8Array.of(0x30, 0x80, ...signature.subarray(2), 0, 0),
    Uint8Array.of(0x31, ...signature.subarray(1)),
    sequence(integer(...r)),
    sequence(integer(...r), integer(...s), integer(1)),
    sequence(integer(...r), integer(...s), [0x05, 0x00]),
    sequence(integer(), integer(...s)),
    sequence(integer(...r), integer()),
    sequence(integer(0, 0, ...r), integer(...s)),
    sequence(integer(...r), integer(0, 0, ...s)),
    sequence(integer(0xff, ...r), integer(...s)),
    sequence(integer(...r), integer(0x80 | s.at(-32)!, ...s.subarray(-31))),
    sequence(integer(0x80), integer(...s)),
    sequence(integer(...r), integer(...s.subarray(0, -1))),
    sequence([0x02, 0x81, length, ...r], integer(...s)),
    sequence([0x04, length, ...r], integer(...s)),
    concat(bytes32(integerOf(r)), bytes32(integerOf(s))), // as IEEE P1363 writes it
  ];
  expect(malformed.filter((signature) => nativeVerdict({ key: keyOf(key), digest, signature }) !== false)).toEqual([]);
});
