/** Real bundles under the trusted roots of the instances that they are of. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { isLogError } from '../../../src/core/errors.ts';
import { parseStrictJson } from '../../../src/entry/encoding/strict-json.ts';
import { readTrustedRoot, type TrustedRoot } from '../../../src/entry/trust/trusted-root.ts';
import { verifySigstoreBundle } from '../../../src/entry/verification/verify-sigstore-bundle.ts';
import { nativeChecks } from '../../../src/log/native/native-signatures.ts';
import { SHARED_ABSENT, shared } from '../../shared.ts';
import { type ExpectedRecord, realRecords } from '../real-records.ts';

/** Bundles whose signature is right and that prove too little all the same, and why. */
const UNPROVEN: Record<string, string> = {
  'cli/pkg/cmd/attestation/test/data/github_provenance_demo-0.0.12-py3-none-any-bundle.jsonl':
    "not_logged: GitHub's own instance, which has no log and whose root is not at hand",
  'sigstore-go/pkg/testing/data/bundles/public-key-validity.sigstore.json': 'not_logged: it carries no log entry',
  'sigstore-go/pkg/testing/data/bundles/dsse-2sigs.sigstore.json': 'malformed_bundle: two signatures',
  'sigstore-python/test/assets/bundle_cve_2022_36056.txt.sigstore': 'proof_invalid: the entry is of another signer',
  'sigstore-python/test/assets/bundle_no_checkpoint.txt.sigstore': 'proof_invalid: version 0.2 without a checkpoint',
  'slsa-verifier/verifiers/internal/gha/testdata/bundle/invalid-dsse-sig.intoto.sigstore':
    'malformed_base64: a signature that is not canonical base64',
  'slsa-verifier/verifiers/internal/gha/testdata/bundle/mismatch-tlog.intoto.sigstore':
    'proof_invalid: the entry is of another signer',
};

const real = shared('real');
const LIMITS = { depth: 32, members: 10_000, safeIntegers: true };

interface Pep740 {
  attestation_bundles?: { attestations: Pep740[] }[];
  envelope: { statement: string; signature: string };
  verification_material: { certificate: string; transparency_entries: unknown[] };
}

/** The attestation, of several the first, as the bundle that it was made from. */
function bundleOfPep740({ attestation_bundles: bundles, envelope, verification_material: material }: Pep740): unknown {
  if (bundles !== undefined) return bundleOfPep740(bundles[0]!.attestations[0]!);
  const { statement: payload, signature: sig } = envelope;
  return {
    mediaType: 'application/vnd.dev.sigstore.bundle.v0.3+json',
    verificationMaterial: {
      certificate: { rawBytes: material.certificate.replaceAll('\n', '') },
      tlogEntries: material.transparency_entries,
    },
    dsseEnvelope: { payload, payloadType: 'application/vnd.in-toto+json', signatures: [{ sig }] },
  };
}

function rootOf(file: string): TrustedRoot {
  return readTrustedRoot(parseStrictJson(readFileSync(`${real}/${file}`), LIMITS));
}

describe.skipIf(real === undefined)(`real bundles${real === undefined ? `: ${SHARED_ABSENT}` : ''}`, () => {
  const roots =
    real === undefined
      ? []
      : [
          rootOf('root-signing/targets/trusted_root.json'),
          rootOf('sigstore-python/sigstore/_store/https%3A%2F%2Ftuf-repo-cdn.sigstage.dev/trusted_root.json'),
        ];
  const records = (real === undefined ? [] : realRecords(real)).filter(
    ({ expected: { file, kind } }) => /^(bundle-(dsse|message)|pep740)$/.test(kind) && !file.includes('conformance'),
  );
  const bundles = records.map(({ expected, document }) => ({
    expected: expected as ExpectedRecord & { signer: string; signatureValid: boolean | null },
    bundle: expected.kind === 'pep740' ? bundleOfPep740(document as never) : document,
  }));

  /** Under the public instance's root; under staging's where none of its logs is known there. */
  function verdict(bundle: unknown): string {
    let result = '';
    for (const trustedRoot of roots) {
      try {
        const { certificate, entries } = verifySigstoreBundle(bundle, {
          trustedRoot,
          signer: 'any',
          checks: nativeChecks,
        });
        return `${certificate ? 'certificate' : 'key'}, ${entries[0]!.checkpoint ? 'proved' : 'promised'}`;
      } catch (error) {
        if (!isLogError(error)) throw error;
        result = error.code;
        if (error.code !== 'not_logged') return result;
      }
    }
    return result;
  }

  it('verify where their signature is right, but for those that prove too little', () => {
    const counts: Record<string, number> = {};
    for (const { expected, bundle } of bundles.filter(({ expected: one }) => one.signatureValid === true)) {
      const result = verdict(bundle);
      const { file } = expected;
      if (result.includes(',')) {
        expect(Object.keys(UNPROVEN)).not.toContain(file);
        counts[result] = (counts[result] ?? 0) + 1;
      } else {
        expect(`${file} ${result}`).toBe(`${file} ${UNPROVEN[file]?.replace(/:.*/, '')}`);
      }
    }
    expect(counts).toEqual({
      'certificate, proved': 377,
      'certificate, promised': 16,
      'key, proved': 4,
      'key, promised': 9,
    });
  });

  it('are refused where their signature is wrong', () => {
    const wrong = bundles.filter(({ expected }) => expected.signatureValid === false);
    expect(wrong.length).toBeGreaterThan(10);
    for (const { expected, bundle } of wrong) expect(`${expected.file} ${verdict(bundle)}`).not.toContain(',');
  });
});
