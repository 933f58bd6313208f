import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { fromBase64, toBase64 } from '../../src/core/bytes.ts';
import { isLogError } from '../../src/core/errors.ts';
import { readBundle } from '../../src/entry/bundle/sigstore-bundle.ts';
import { canonicalJson } from '../../src/entry/encoding/canonical-json.ts';
import { parsePublicKey } from '../../src/entry/keys/public-key.ts';
import { encodeLeaf, parseLeaf } from '../../src/entry/leaf/leaf.ts';
import { lookupTerms } from '../../src/entry/leaf/lookup.ts';
import { certificateVerifier, keyVerifier } from '../../src/entry/leaf/verifier.ts';
import { portableChecks } from '../../src/entry/submission/portable-signatures.ts';
import { prepareDigest } from '../../src/entry/submission/prepare.ts';
import type { PreparedEntry } from '../../src/entry/submission/prepared-entry.ts';
import { prepareSubmission } from '../../src/entry/submission/submission.ts';
import { isTimestampOf } from '../../src/entry/timestamp/timestamp.ts';
import { parseCertificate } from '../../src/entry/x509/certificate.ts';
import { SHARED_ABSENT, shared } from '../shared.ts';
import { codeOf } from './code-of.ts';
import { asSubmission, realKeys, realRecords, withKey } from './real-records.ts';

const root = shared('real');
const records = root === undefined ? [] : realRecords(root);
const present = describe.skipIf(root === undefined);
if (root === undefined) console.warn(`skipped: ${SHARED_ABSENT}`);

const prepare = (value: unknown): PreparedEntry => prepareSubmission(value, portableChecks);

present('real attestations', () => {
  const keys = root === undefined ? [] : realKeys(root);

  it('are accepted or refused as expected, record by record', { timeout: 60_000 }, () => {
    const surprises: string[] = [];
    for (const { expected, document } of records) {
      const submission = asSubmissionOrUndefined(document);
      const code = codeOf(() => prepare(submission));
      const accepted = code === undefined;
      const wanted = expected.add === 'accept';
      const withSomeKey =
        expected.add !== 'accept-with-key' ||
        keys.some((key) => codeOf(() => prepare(withKey(submission, key))) === undefined);
      if (accepted !== wanted || !withSomeKey || code === 'private_key_submitted' || code === 'internal') {
        surprises.push(`${expected.file} ${expected.record ?? 0}: ${expected.add}, got ${code ?? 'accepted'}`);
      }
    }
    expect(surprises).toEqual([]);
    expect(records.length).toBeGreaterThan(500);
  });

  it('are found by what they state, also when only their bytes are left', { timeout: 60_000 }, () => {
    for (const { expected, document } of records.filter((_, i) => i % 5 === 0)) {
      if (expected.add !== 'accept') continue;
      const entry = prepare(asSubmission(document));
      expect(lookupTerms(entry.leaf, entry.payload)).toEqual(entry.terms);
      const subjects = entry.terms.filter(({ kind }) => kind === 'subject').length;
      expect(subjects).toBeGreaterThanOrEqual(expected.subjectCount ? 2 : 1);
    }
  });

  it('that Rekor v2 logged have the leaf that it logged, byte for byte', { timeout: 60_000 }, () => {
    const differing: string[] = [];
    let reproduced = 0;
    for (const { expected, document } of records) {
      const logged = rekorV2Entry(document);
      if (logged === undefined || expected.add !== 'accept') continue;
      expect(encodeLeaf(parseLeaf(logged.body))).toEqual(logged.body);
      const { leaf } = prepare({ bundle: asSubmission(document), leaf: logged.kind });
      if (toBase64(leaf) === toBase64(logged.body)) reproduced++;
      else differing.push(expected.file);
    }
    expect(differing.filter((file) => !file.includes('_fail/'))).toEqual([]);
    expect(reproduced).toBeGreaterThanOrEqual(15);
  });

  it('bring timestamps of their own signatures', () => {
    let matching = 0;
    for (const { expected, document } of records) {
      if (expected.add !== 'accept' || !expected.kind.startsWith('bundle-')) continue;
      const { timestamps, message, envelope } = readBundle(asSubmission(document));
      const signature = message?.signature ?? envelope!.signatures[0]!.signature;
      matching += timestamps.filter((der) => isTimestampOf(der, signature)).length;
    }
    expect(matching).toBeGreaterThan(100);
  });

  it('fail with a reason that quotes nothing of them', () => {
    for (const { expected, document } of records) {
      if (expected.add !== 'refuse') continue;
      try {
        prepare(asSubmissionOrUndefined(document));
      } catch (error) {
        expect(isLogError(error)).toBe(true);
        expect(String(error).length).toBeLessThan(300);
      }
    }
  });
});

present('hashedrekord requests', () => {
  it('are accepted or refused as expected, with the leaf that Rekor v2 would log', { timeout: 60_000 }, () => {
    const lines = readFileSync(`${root}/derived/hashedrekord-requests.jsonl`, 'utf8').trim().split('\n');
    const { requests } = JSON.parse(readFileSync(`${root}/expected.json`, 'utf8')) as {
      requests: { lines: { expected: 'accept' | 'reject' }[] };
    };
    const verdicts = lines.map((line) => {
      const { hashedRekordRequestV002: request } = (
        JSON.parse(line) as { request: { hashedRekordRequestV002: Request } }
      ).request;
      const { content, verifier } = request.signature;
      const raw = fromBase64((verifier.x509Certificate ?? verifier.publicKey)!.rawBytes);
      const signed = {
        digest: fromBase64(request.digest),
        signature: fromBase64(content),
        verifier: verifier.x509Certificate
          ? certificateVerifier(parseCertificate(raw))
          : keyVerifier(parsePublicKey(raw)),
        keyDetails: verifier.keyDetails,
      };
      let entry: PreparedEntry;
      try {
        entry = prepareDigest(signed, undefined, portableChecks);
      } catch (error) {
        expect(isLogError(error, 'signature_invalid')).toBe(true);
        return 'reject';
      }
      const algorithm = { 32: 'SHA2_256', 48: 'SHA2_384', 64: 'SHA2_512' }[signed.digest.length]!;
      const spec = {
        hashedRekordV002: {
          data: { algorithm, digest: request.digest },
          signature: { content, verifier: { ...verifier } },
        },
      };
      expect(Buffer.from(entry.leaf).toString()).toBe(
        canonicalJson({ apiVersion: '0.0.2', kind: 'hashedrekord', spec }),
      );
      return 'accept';
    });
    expect(verdicts).toEqual(requests.lines.map(({ expected }) => expected));
  });
});

interface Request {
  digest: string;
  signature: {
    content: string;
    verifier: { keyDetails: string; x509Certificate?: { rawBytes: string }; publicKey?: { rawBytes: string } };
  };
}

function asSubmissionOrUndefined(document: unknown): unknown {
  try {
    return asSubmission(document);
  } catch {
    return undefined;
  }
}

function rekorV2Entry(document: unknown): { kind: string; body: Uint8Array } | undefined {
  const material = (document as { verificationMaterial?: { tlogEntries?: LoggedEntry[] } } | undefined)
    ?.verificationMaterial;
  const entry = Array.isArray(material?.tlogEntries) ? material.tlogEntries[0] : undefined;
  const { kind = '', version } = entry?.kindVersion ?? {};
  if (entry === undefined || version !== '0.0.2' || (kind !== 'hashedrekord' && kind !== 'dsse')) return undefined;
  return { kind, body: fromBase64(entry.canonicalizedBody) };
}

interface LoggedEntry {
  kindVersion?: { kind: string; version: string };
  canonicalizedBody: string;
}
