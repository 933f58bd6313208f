import { X509Certificate } from 'node:crypto';
import { expect, it } from 'vitest';
import { BATCH_ITEMS, type Form, prepareRequests, submissionsIn } from '../../../bench/http/submissions.ts';
import { toHex } from '../../../src/core/bytes.ts';
import { leafKind } from '../../../src/entry/leaf/leaf-kind.ts';
import { prepareRekorV1Request } from '../../../src/entry/rekor/rekor-v1-request.ts';
import { prepareRekorV2Request } from '../../../src/entry/rekor/rekor-v2-request.ts';
import { prepareSubmission } from '../../../src/entry/submission/submission.ts';
import { nativeChecks } from '../../../src/log/native/native-signatures.ts';

const PREPARE = { native: prepareSubmission, v1: prepareRekorV1Request, v2: prepareRekorV2Request };

it.each<[Form, number, keyof typeof PREPARE, string]>([
  ['dsse', 3, 'native', 'hashedrekord 0.0.2'],
  ['dsse-certificate', 3, 'native', 'hashedrekord 0.0.2'],
  ['digest', 3, 'native', 'hashedrekord 0.0.2'],
  ['digest-certificate', 3, 'native', 'hashedrekord 0.0.2'],
  ['dsse-ndjson', BATCH_ITEMS + 3, 'native', 'hashedrekord 0.0.2'],
  ['dsse-msgpack', BATCH_ITEMS + 3, 'native', 'hashedrekord 0.0.2'],
  ['digest-ndjson', 3, 'native', 'hashedrekord 0.0.2'],
  ['v2-hashedrekord', 3, 'v2', 'hashedrekord 0.0.2'],
  ['v2-hashedrekord-certificate', 3, 'v2', 'hashedrekord 0.0.2'],
  ['v2-dsse', 3, 'v2', 'dsse 0.0.2'],
  ['v2-dsse-certificate', 3, 'v2', 'dsse 0.0.2'],
  ['v1-hashedrekord', 3, 'v1', 'hashedrekord 0.0.1'],
  ['v1-hashedrekord-certificate', 3, 'v1', 'hashedrekord 0.0.1'],
  ['v1-dsse', 3, 'v1', 'dsse 0.0.1'],
  ['v1-dsse-certificate', 3, 'v1', 'dsse 0.0.1'],
  ['v1-intoto', 3, 'v1', 'intoto 0.0.2'],
])('%s: prepares as many submissions as are wanted, all different and correctly signed', (form, count, route, kind) => {
  const submissions = prepareRequests(form, count, 'localhost').flatMap((request) => {
    const inIt = submissionsIn(form, request);
    expect(inIt).toHaveLength(request.items);
    return inIt;
  });
  const entries = submissions.map((submission) => PREPARE[route](submission, nativeChecks));
  expect(new Set(entries.map(({ leafHash }) => toHex(leafHash))).size).toBe(count);
  for (const { leaf } of entries) {
    const { kind: name, version } = leafKind(leaf);
    expect(`${name} ${version}`).toBe(kind);
  }
});

it('names a certificate where the form says so, each a new one', () => {
  const requests = prepareRequests('digest-certificate', 2, 'localhost');
  const [one, other] = requests.flatMap((request) => submissionsIn('digest-certificate', request)) as Certified[];
  const certificate = new X509Certificate(one!.certificate);
  expect(certificate.subjectAltName).toMatch(/^URI:https:/);
  expect(certificate.publicKey.asymmetricKeyDetails).toEqual({ namedCurve: 'prime256v1' });
  expect(new X509Certificate(other!.certificate).serialNumber).not.toBe(certificate.serialNumber);
});

interface Certified {
  certificate: string;
}
