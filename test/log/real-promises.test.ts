/** Real bundles under the public Sigstore instance's CAs, years after their certificates of ten minutes. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { equalBytes } from '../../src/core/bytes.ts';
import { parseStrictJson } from '../../src/entry/encoding/strict-json.ts';
import type { LogPromise } from '../../src/entry/leaf/log-promise.ts';
import type { PreparedEntry } from '../../src/entry/submission/prepared-entry.ts';
import { encodeCompanion } from '../../src/entry/submission/prepared-entry.ts';
import { prepareSubmission } from '../../src/entry/submission/submission.ts';
import type { TrustedCertificates } from '../../src/entry/trust/chain-trust.ts';
import { readTrustedRoot } from '../../src/entry/trust/trusted-root.ts';
import { checkSigners } from '../../src/log/certificate-policy.ts';
import { chainMarks } from '../../src/log/chain-marks.ts';
import { nativeChecks } from '../../src/log/native/native-signatures.ts';
import { asSubmission, realRecords } from '../entry/real-records.ts';
import { SHARED_ABSENT, shared } from '../shared.ts';

const real = shared('real');

describe.skipIf(real === undefined)(`real bundles${real === undefined ? `: ${SHARED_ABSENT}` : ''}`, () => {
  const root =
    real === undefined
      ? undefined
      : readTrustedRoot(
          parseStrictJson(readFileSync(`${real}/root-signing/targets/trusted_root.json`), {
            depth: 32,
            members: 10_000,
            safeIntegers: true,
          }),
        );
  const trusting = (logs: TrustedCertificates['logs']): TrustedCertificates => ({
    roots: [],
    intermediates: [],
    authorities: root!.certificateAuthorities,
    timestampAuthorities: root!.timestampAuthorities,
    logs,
  });

  /** What can be logged of the bundles and PEP 740 attestations that bring a certificate. */
  const prepared: PreparedEntry[] = (real === undefined ? [] : realRecords(real)).flatMap(
    ({ expected: { add, kind }, document }) => {
      if (add !== 'accept' || !/^(bundle-|pep740)/.test(kind)) return [];
      const entry = prepareSubmission(asSubmission(document), nativeChecks);
      return entry.certified.length > 0 ? [entry] : [];
    },
  );
  const promised = prepared.filter(({ companion }) => companion?.promises !== undefined);

  function accepted(trusted: TrustedCertificates): PreparedEntry[] {
    const certificates = { trusted, accept: 'trusted' as const, identities: [] };
    return prepared.filter((entry) => checkSigners(entry, true, { listedKeys: new Set(), certificates }) === undefined);
  }

  /** As the log marks it today, from nothing but what it stored. */
  function marksOf({ leaf, companion }: PreparedEntry, trusted: TrustedCertificates): string[] {
    const companions = companion === undefined ? [] : [encodeCompanion(companion)];
    return chainMarks({ leaf, companions, time: Date.now() / 1000 }, trusted);
  }

  it('are accepted as trusted where a log of that instance promised a time: 392 of 430, and none without', () => {
    expect([prepared.length, promised.length]).toEqual([430, 403]);
    const [without, withLogs] = [trusting([]), trusting(root!.tlogs)];
    expect(accepted(without)).toHaveLength(0);
    const trusted = accepted(withLogs);
    expect(trusted).toHaveLength(392);
    for (const entry of trusted) {
      expect(marksOf(entry, withLogs)).toEqual(['trusted']);
      expect(marksOf(entry, without)).toEqual(['unverified']);
    }
    // The others are promised by logs of other instances, but for one that was promised when its certificate was over.
    const others = promised.filter((entry) => !trusted.includes(entry));
    const isKnown = ({ logId }: LogPromise) => root!.tlogs.some((log) => equalBytes(log.logId, logId));
    expect([others.length, others.filter(({ companion }) => companion!.promises!.some(isKnown)).length]).toEqual([
      11, 1,
    ]);
  });
});
