/** What a running log says of its own accord: as an entry among others, and nothing that takes effect in its name. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { fromHex, toHex, utf8 } from '../../src/core/bytes.ts';
import { parsePublicKeyPem } from '../../src/entry/keys/public-key.ts';
import { frozenStatement } from '../../src/entry/submission/log-statement.ts';
import { ownStatementAt } from '../../src/log/own-statement.ts';
import { envelope, statement, testKey } from '../fixtures/make.ts';
import { ARTIFACT } from '../fixtures/predicates.ts';
import { createInlineLog, type InlineLog } from '../inline-log.ts';

let log: InlineLog;
beforeAll(async () => {
  log = await createInlineLog();
});
afterAll(() => log.close());

const summary = (result: string) =>
  utf8(
    JSON.stringify({
      _type: 'https://in-toto.io/Statement/v1',
      subject: [{ digest: { sha256: ARTIFACT } }],
      predicateType: 'https://slsa.dev/verification_summary/v1',
      predicate: { verifier: { id: 'urn:example' }, verificationResult: result },
    }),
  );

it('is signed by the statement key, proved, and found by what it says', async () => {
  const receipt = await log.appendOwn(summary('PASSED'));
  expect(receipt).toMatchObject({ duplicate: false, payload: 'stored' });
  expect(receipt.inclusionProof.treeSize).toBe(log.head().size);
  expect(new Uint8Array(ownStatementAt(log.rows, receipt.index, log.identity)!)).toEqual(summary('PASSED'));
  const signer = toHex(parsePublicKeyPem(log.identity.statementKey).spkiHash);
  const { entries } = log.reader.find({ signer, subject: `sha256:${ARTIFACT}` }, { limit: 2 });
  expect(entries.map(({ index }) => index)).toEqual([receipt.index]);
});

it('goes into the batch of whatever is under way', async () => {
  const key = testKey('p256');
  const submit = (number: number) =>
    log.add({ envelope: envelope(statement(undefined, { predicate: { number } }), [key]), publicKey: key.pem });
  const [one, own, two] = await Promise.all([submit(1), log.appendOwn(summary('FAILED')), submit(2)]);
  expect(new Set([one, own, two].map(({ checkpoint }) => checkpoint)).size).toBeLessThan(3);
});

it.each([
  ['the end of the log', () => frozenStatement({ ...head(), origin: log.identity.origin, time: 1 })],
  ['a control statement', () => withType('urn:countersign:control:artifact-quarantine:v1')],
  ['an erasure', () => withType('urn:countersign:statement:erased:v1')],
  ['what is no statement', () => utf8('{}')],
])('never says %s', async (_, bytes) => {
  const { size } = log.head();
  await expect(log.appendOwn(bytes())).rejects.toThrow(expect.objectContaining({ code: 'forbidden' }));
  expect(log.head().size).toBe(size);
});

function head() {
  return { logId: log.identity.logId, size: log.head().size, rootHash: fromHex(toHex(log.head().root)) };
}

function withType(predicateType: string): Uint8Array {
  return utf8(JSON.stringify({ ...JSON.parse(new TextDecoder().decode(summary('PASSED'))), predicateType }));
}
