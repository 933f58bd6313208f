import { expect, it } from 'vitest';
import { toBase64, toHex, utf8 } from '../../../src/core/bytes.ts';
import { pae } from '../../../src/entry/leaf/dsse.ts';
import { parseLeaf } from '../../../src/entry/leaf/leaf.ts';
import { prepareRekorV1Request } from '../../../src/entry/rekor/rekor-v1-request.ts';
import { portableChecks } from '../../../src/entry/submission/portable-signatures.ts';
import type { PreparedEntry } from '../../../src/entry/submission/prepared-entry.ts';
import { prepareSubmission } from '../../../src/entry/submission/submission.ts';
import { eventIdsOf } from '../../../src/evidence/facts/signing-event.ts';
import { envelope, IN_TOTO, type KeyName, signMessage, statement, testKey } from '../../fixtures/make.ts';

const kinds: KeyName[] = ['p256', 'p384', 'p521', 'rsa2048', 'ed25519'];

function stored({ leaf, payload }: PreparedEntry): string[] {
  return eventIdsOf(parseLeaf(leaf), payload).map((id) => toHex(id!));
}

it.each(kinds)('an event by a key of %s has the id that it was prepared with, in every kind of leaf', (kind) => {
  const key = testKey(kind);
  const made = envelope(statement(), [key]);
  const plain = prepareSubmission({ envelope: made, publicKey: key.pem }, portableChecks);
  const dsse = prepareSubmission({ envelope: made, publicKey: key.pem, leaf: 'dsse' }, portableChecks);
  const proposed = {
    apiVersion: '0.0.1',
    kind: 'dsse',
    spec: { proposedContent: { envelope: JSON.stringify(made), verifiers: [toBase64(utf8(key.pem))] } },
  };
  const v1 = prepareRekorV1Request(proposed, portableChecks);
  const expected = plain.eventIds.map(toHex);
  expect([stored(plain), stored(dsse), stored(v1)]).toEqual([expected, expected, expected]);
});

it.each(['p384', 'p521'] as const)(
  'an event by a key of %s over SHA-256 is told from one over its own hash',
  (kind) => {
    const key = testKey(kind);
    const text = statement();
    const signature = signMessage(key, pae(IN_TOTO, utf8(text)), { hash: 'sha256' });
    const made = { ...envelope(text, []), signatures: [{ sig: toBase64(signature) }] };
    const proposed = {
      apiVersion: '0.0.1',
      kind: 'dsse',
      spec: { proposedContent: { envelope: JSON.stringify(made), verifiers: [toBase64(utf8(key.pem))] } },
    };
    const entry = prepareRekorV1Request(proposed, portableChecks);
    expect(stored(entry)).toEqual(entry.eventIds.map(toHex));
  },
);

it('a leaf of an envelope does not say the event without its payload', () => {
  const key = testKey('p256');
  const { leaf } = prepareSubmission(
    { envelope: envelope(statement(), [key]), publicKey: key.pem, leaf: 'dsse' },
    portableChecks,
  );
  expect(eventIdsOf(parseLeaf(leaf), undefined)).toEqual([undefined]);
});
