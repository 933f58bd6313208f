import { describe, expect, it } from 'vitest';
import { parseLeaf } from '../../../src/entry/leaf/leaf.ts';
import { prepareSubmission } from '../../../src/entry/submission/submission.ts';
import { parseCertificate } from '../../../src/entry/x509/certificate.ts';
import { FULCIO_FACT_NAMES } from '../../../src/entry/x509/fulcio-facts.ts';
import { nativeChecks } from '../../../src/log/native/native-signatures.ts';
import { octets, oid, sequence, text } from '../../fixtures/der-writer.ts';
import { testKey } from '../../fixtures/make.ts';
import { certificate, fulcio, otherName } from '../../fixtures/make-certificate.ts';
import { SHARED_ABSENT, shared } from '../../shared.ts';
import { asSubmission, realRecords } from '../real-records.ts';

const key = testKey('p256');
const factsOf = (options: Parameters<typeof certificate>[0]) => parseCertificate(certificate(options)).facts;

describe('facts of a certificate', () => {
  it('are named one by one, bare text up to .6 and DER above', () => {
    const extensions = FULCIO_FACT_NAMES.flatMap((name, i) =>
      name === 'otherName' ? [] : [fulcio(i + 1, `of ${name}`)],
    );
    const facts = factsOf({ key, extensions, names: [otherName('user!host')] });
    const expected = FULCIO_FACT_NAMES.map((name) => [name, name === 'otherName' ? 'user!host' : `of ${name}`]);
    expect(Object.entries(facts)).toEqual(expected);
    expect(FULCIO_FACT_NAMES).toHaveLength(24);
  });

  it('are none where there are none, and none that are not known', () => {
    expect(factsOf({ key })).toEqual({});
    const unknown = sequence(oid('1.3.6.1.4.1.57264.1.25'), octets(text('x')));
    const nested = sequence(oid('1.3.6.1.4.1.57264.1.8.1'), octets(text('x')));
    expect(factsOf({ key, extensions: [unknown, nested] })).toEqual({});
  });

  it('keep an empty value', () => {
    expect(factsOf({ key, extensions: [fulcio(22, '')] })).toEqual({ sourceRepositoryVisibilityAtSigning: '' });
  });
});

const root = shared('real');
if (root === undefined) console.warn(`skipped: ${SHARED_ABSENT}`);

describe.skipIf(root === undefined)('facts of real certificates', () => {
  it('agree with what the deprecated extensions say', () => {
    let compared = 0;
    for (const { expected, document } of root === undefined ? [] : realRecords(root)) {
      if (expected.add !== 'accept') continue;
      const { leaf } = prepareSubmission(asSubmission(document), nativeChecks);
      const facts = parseLeaf(leaf).signatures[0]!.verifier.certificate?.facts;
      if (facts?.issuer === undefined || facts.sourceRepositoryURI === undefined) continue;
      compared++;
      expect(facts.issuerV2).toBe(facts.issuer);
      expect(facts.sourceRepositoryDigest).toBe(facts.githubWorkflowSha);
      expect(facts.sourceRepositoryRef).toBe(facts.githubWorkflowRef);
      expect(facts.buildTrigger).toBe(facts.githubWorkflowTrigger);
      expect(facts.sourceRepositoryURI.endsWith(`/${facts.githubWorkflowRepository}`)).toBe(true);
    }
    expect(compared).toBeGreaterThan(100);
  });
});
