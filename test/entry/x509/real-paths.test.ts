import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { fromBase64, toBase64 } from '../../../src/core/bytes.ts';
import { isLogError } from '../../../src/core/errors.ts';
import { parseLeaf } from '../../../src/entry/leaf/leaf.ts';
import { prepareSubmission } from '../../../src/entry/submission/submission.ts';
import { type Certificate, parseCertificate } from '../../../src/entry/x509/certificate.ts';
import { verifyCertificatePath } from '../../../src/entry/x509/certificate-path.ts';
import { nativeChecks } from '../../../src/log/native/native-signatures.ts';
import { SHARED_ABSENT, shared } from '../../shared.ts';
import { asSubmission, realRecords } from '../real-records.ts';

const root = shared('real');
const present = describe.skipIf(root === undefined);
if (root === undefined) console.warn(`skipped: ${SHARED_ABSENT}`);

interface Authority {
  certChain: { certificates: { rawBytes: string }[] };
}

/** The CAs of a Sigstore trusted root, each as its chain. */
function authorities(file: string): Certificate[][] {
  const { certificateAuthorities } = JSON.parse(readFileSync(file, 'utf8')) as { certificateAuthorities: Authority[] };
  return certificateAuthorities.map(({ certChain }) =>
    certChain.certificates.map(({ rawBytes }) => parseCertificate(fromBase64(rawBytes))),
  );
}

function trustedRoots(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => /trusted[-_]?root[^/]*\.json$/.test(name))
    .map((name) => `${folder}/${name}`);
}

/** Every signing certificate of the records that are accepted, once. */
function signingCertificates(folder: string): Certificate[] {
  const found = new Map<string, Certificate>();
  for (const { expected, document } of realRecords(folder)) {
    if (expected.add !== 'accept') continue;
    const { leaf } = prepareSubmission(asSubmission(document), nativeChecks);
    for (const { verifier } of parseLeaf(leaf).signatures) {
      if (verifier.certificate) found.set(toBase64(verifier.certificate.der), verifier.certificate);
    }
  }
  return [...found.values()];
}

function reaches(leaf: Certificate, chain: readonly Certificate[], time: number): boolean {
  try {
    verifyCertificatePath({
      leaf,
      intermediates: chain.slice(0, -1),
      anchors: chain.slice(-1),
      time,
      purpose: 'code-signing',
      checks: nativeChecks,
    });
    return true;
  } catch (error) {
    if (isLogError(error, 'certificate_rejected')) return false;
    throw error;
  }
}

present('signing certificates of real attestations', () => {
  const leaves = root === undefined ? [] : signingCertificates(root);
  const publicGood = root === undefined ? [] : authorities(`${root}/root-signing/targets/trusted_root.json`);
  const under = (chains: Certificate[][], time: (leaf: Certificate) => number): Certificate[] =>
    leaves.filter((leaf) => chains.some((chain) => reaches(leaf, chain, time(leaf))));

  it('reach the public-good Fulcio when they were issued, those of other Fulcios apart', () => {
    expect([leaves.length, under(publicGood, ({ notBefore }) => notBefore).length]).toEqual([480, 461]);
  });

  it('of other Fulcios reach the roots that lie with them, but for one without its root and one issued too late', () => {
    const own = under(publicGood, ({ notBefore }) => notBefore);
    const rest = leaves.filter((leaf) => !own.includes(leaf));
    const chains = root === undefined ? [] : trustedRoots(root).flatMap(authorities);
    const lost = rest.filter((leaf) => !chains.some((chain) => reaches(leaf, chain, leaf.notBefore)));
    // GitHub's own Fulcio, whose root is not among the files; and a conformance case's CA that had expired in 2024.
    expect(lost.map(({ notBefore }) => new Date(notBefore * 1000).getUTCFullYear())).toEqual([2024, 2030]);
  });

  it('reach nothing a second before or after they were valid', () => {
    expect(under(publicGood, ({ notBefore }) => notBefore - 1)).toEqual([]);
    expect(under(publicGood, ({ notAfter }) => notAfter + 1)).toEqual([]);
  });
});
