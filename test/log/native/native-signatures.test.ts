import { createHash, sign } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { concat, utf8 } from '../../../src/core/bytes.ts';
import { parsePublicKey } from '../../../src/entry/keys/public-key.ts';
import {
  DIGEST_NAME,
  legacySchemesOf,
  type SignatureScheme,
  schemesOf,
} from '../../../src/entry/keys/signature-scheme.ts';
import { portableChecks } from '../../../src/entry/submission/portable-signatures.ts';
import { nativeChecks } from '../../../src/log/native/native-signatures.ts';
import { type KeyName, otherS, signMessage, testKey } from '../../fixtures/make.ts';
import { flipped } from '../large-log.ts';

const message = utf8('what is signed');

function signatureOf(kind: KeyName, scheme: SignatureScheme): Uint8Array {
  const key = testKey(kind);
  if (scheme.algorithm === 'ed25519') return Uint8Array.from(sign(null, message, key.privateKey));
  return signMessage(key, message, { pss: scheme.algorithm === 'rsa-pss', hash: DIGEST_NAME[scheme.hash] });
}

/** Signatures that are nearly right, in ways that parsers differ on. */
function variants(signature: Uint8Array): Uint8Array[] {
  const [first = 0, length = 0, ...rest] = signature;
  return [
    signature,
    new Uint8Array(0),
    new Uint8Array(signature.length),
    new Uint8Array(signature.length).fill(0xff),
    signature.subarray(0, -1),
    signature.subarray(1),
    concat(signature, Uint8Array.of(0)),
    concat(Uint8Array.of(0), signature),
    // DER lengths in the long form, and a length that lies.
    Uint8Array.of(first, 0x81, length, ...rest),
    Uint8Array.of(first, length + 1, ...rest, 0),
    // Integers of DER with a superfluous zero, negative, or zero.
    Uint8Array.of(0x30, 0x06, 0x02, 0x01, 0x00, 0x02, 0x01, 0x01),
    Uint8Array.of(0x30, 0x06, 0x02, 0x01, 0x01, 0x02, 0x01, 0x00),
    Uint8Array.of(0x30, 0x06, 0x02, 0x01, 0x81, 0x02, 0x01, 0x81),
    Uint8Array.of(0x30, 0x08, 0x02, 0x02, 0x00, 0x01, 0x02, 0x02, 0x00, 0x01),
    ...Array.from({ length: 24 }, (_, i) => flipped(signature, (i * 29) % (signature.length * 8))),
  ];
}

/** The r of a signature in DER, with a zero byte before it that does not belong there. */
function paddedR(signature: Uint8Array): Uint8Array {
  const length = signature[3]!;
  const r = signature.subarray(4, 4 + length);
  const s = signature.subarray(4 + length);
  return Uint8Array.of(0x30, signature[1]! + 1, 0x02, length + 1, 0, ...r, ...s);
}

describe.each<KeyName>(['p256', 'p384', 'p521', 'ed25519', 'rsa2048', 'rsa3072', 'rsa4096'])('%s', (kind) => {
  const key = parsePublicKey(testKey(kind).spki);
  const other = parsePublicKey(testKey(kind, 'other').spki);
  const schemes = [...schemesOf(key), ...legacySchemesOf(key)].filter(({ algorithm }) => algorithm !== 'ed25519ph');

  it.each(schemes.map((scheme) => [scheme.keyDetails, scheme] as const))(
    'agrees with portable code on %s',
    (_, scheme) => {
      const signature = signatureOf(kind, scheme);
      const tried = variants(signature);
      if (kind === 'p256') tried.push(otherS(signature));
      if (scheme.algorithm === 'ecdsa' && kind !== 'p521') tried.push(paddedR(signature));
      const verdicts = (checks: typeof nativeChecks) => [
        ...tried.map((one) => checks.verifyMessage(key, scheme, message, one)),
        checks.verifyMessage(key, scheme, utf8('something else'), signature),
        checks.verifyMessage(other, scheme, message, signature),
      ];
      const native = verdicts(nativeChecks);
      expect(native).toEqual(verdicts(portableChecks));
      expect(native[0]).toBe(true);
      expect(native.filter(Boolean)).toHaveLength(kind === 'p256' ? 2 : 1);
    },
  );

  it('agrees with portable code where the scheme is another of the same key', () => {
    for (const made of schemes) {
      const signature = signatureOf(kind, made);
      for (const scheme of schemesOf(key)) {
        const verdict = nativeChecks.verifyMessage(key, scheme, message, signature);
        expect(verdict).toBe(portableChecks.verifyMessage(key, scheme, message, signature));
        expect(verdict).toBe(scheme === made);
      }
    }
  });

  it('agrees with portable code on digests', () => {
    for (const scheme of schemes) {
      const signature = signatureOf(kind, scheme);
      const digest = Uint8Array.from(createHash(DIGEST_NAME[scheme.hash]).update(message).digest());
      for (const one of [digest, flipped(digest, 9), digest.subarray(1)]) {
        const verdict = nativeChecks.verifyDigest(key, scheme, one, signature);
        expect(verdict).toBe(portableChecks.verifyDigest(key, scheme, one, signature));
        expect(verdict).toBe(one === digest && scheme.algorithm !== 'ed25519');
      }
    }
  });
});
