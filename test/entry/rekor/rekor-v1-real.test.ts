import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { fromBase64, toBase64, toHex, utf8 } from '../../../src/core/bytes.ts';
import { isLogError } from '../../../src/core/errors.ts';
import { leafHash, sha256 } from '../../../src/core/hash.ts';
import type { Json } from '../../../src/entry/encoding/canonical-json.ts';
import { formatPem } from '../../../src/entry/keys/pem.ts';
import type { DsseLeafV1 } from '../../../src/entry/leaf/dsse-leaf-v1.ts';
import type { IntotoLeaf } from '../../../src/entry/leaf/intoto-leaf.ts';
import { encodeLeaf, type LeafContent, parseLeaf } from '../../../src/entry/leaf/leaf.ts';
import { prepareRekorV1Request } from '../../../src/entry/rekor/rekor-v1-request.ts';
import { portableChecks } from '../../../src/entry/submission/portable-signatures.ts';
import type { PreparedEntry } from '../../../src/entry/submission/prepared-entry.ts';
import { SHARED_ABSENT, shared } from '../../shared.ts';

const root = shared('real');
const present = describe.skipIf(root === undefined);
if (root === undefined) console.warn(`skipped: ${SHARED_ABSENT}`);

interface Envelope {
  payload: string;
  payloadType: string;
  signatures: { sig: string; keyid?: string }[];
}

interface Bundle {
  verificationMaterial: {
    certificate?: { rawBytes: string };
    x509CertificateChain?: { certificates: { rawBytes: string }[] };
    tlogEntries?: { kindVersion?: { kind: string; version: string }; canonicalizedBody?: string }[];
  };
  messageSignature?: { messageDigest: { digest: string }; signature: string };
  dsseEnvelope?: Envelope;
}

interface Logged {
  file: string;
  bundle: Bundle;
  body: Uint8Array;
}

/** Leaves that are broken on purpose. */
const BROKEN = /(empty-certificate-chain|invalid-base64-signature|log-entry-mismatch)_fail|invalid-dsse-sig/;
/** Bundles that are about something else than their leaf. */
const EXCHANGED = /_fail\/|cve_2022_36056/;

/** Every bundle of the shared files with an entry of a Rekor v1 log. */
function loggedBundles(folder: string): Logged[] {
  const found: Logged[] = [];
  for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
    if (!/\.(json|jsonl|sigstore|attestation|provenance|slsa)$/.test(name) || BROKEN.test(name)) continue;
    const text = readFileSync(`${folder}/${name}`, 'utf8');
    const whole = parsed(text);
    const documents = whole === undefined ? text.split('\n').map(parsed) : [whole];
    for (const document of documents) collect(document, name, found);
  }
  return found;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function collect(value: unknown, file: string, found: Logged[]): void {
  if (typeof value !== 'object' || value === null) return;
  const bundle = value as Bundle;
  const entries = bundle.verificationMaterial?.tlogEntries;
  for (const { canonicalizedBody = '' } of Array.isArray(entries) ? entries : []) {
    const body = Buffer.from(canonicalizedBody, 'base64');
    const { kind = '', apiVersion = '' } = (parsed(body.toString()) ?? {}) as Record<string, string>;
    if (KINDS.has(`${kind} ${apiVersion}`)) found.push({ file, bundle, body: new Uint8Array(body) });
  }
  for (const inner of Object.values(value)) collect(inner, file, found);
}

const KINDS = new Set(['hashedrekord 0.0.1', 'dsse 0.0.1', 'intoto 0.0.2']);

present('leaves that Rekor v1 logged', () => {
  const logged = root === undefined ? [] : loggedBundles(root);

  it('are read, and written again byte for byte', { timeout: 60_000 }, () => {
    const counts: Record<string, number> = {};
    for (const { file, body } of logged) {
      const leaf = parseLeaf(body);
      expect(toBase64(encodeLeaf(leaf)) === toBase64(body), file).toBe(true);
      counts[`${leaf.kind} ${leaf.version}`] = (counts[`${leaf.kind} ${leaf.version}`] ?? 0) + 1;
    }
    expect(Object.keys(counts).sort()).toEqual([...KINDS].sort());
    expect(Math.min(...Object.values(counts))).toBeGreaterThan(10);
  });

  it('are what the requests for the bundles’ content give', { timeout: 120_000 }, () => {
    const counts: Record<string, number> = {};
    for (const { file, bundle, body } of logged.filter((one) => !EXCHANGED.test(one.file))) {
      const leaf = parseLeaf(body);
      const request = requestFor(leaf, bundle);
      if (request === null) continue;
      // One log left payloads in leaves of this kind.
      if (leaf.kind === 'intoto' && leaf.payload !== undefined) continue;
      let prepared: PreparedEntry;
      try {
        prepared = prepareRekorV1Request(request, portableChecks);
      } catch (error) {
        // Some bundles were edited to be refused.
        if (isLogError(error, 'signature_invalid')) continue;
        throw error;
      }
      expect(toBase64(prepared.leaf) === toBase64(body), file).toBe(true);
      expect(prepared.leafHash).toEqual(leafHash(body));
      counts[leaf.kind] = (counts[leaf.kind] ?? 0) + 1;
    }
    expect(counts.hashedrekord).toBeGreaterThanOrEqual(5);
    expect(counts.dsse).toBeGreaterThanOrEqual(200);
    expect(counts.intoto).toBeGreaterThanOrEqual(50);
  });
});

/** The request that the bundle's maker sent, where the bundle still tells all of it. */
function requestFor(leaf: LeafContent, { messageSignature, dsseEnvelope, verificationMaterial }: Bundle): Json {
  const own = verificationMaterial.certificate ?? verificationMaterial.x509CertificateChain?.certificates[0];
  const { key } = leaf.signatures[0]!.verifier;
  // A bundle only hints at a bare key. Its text had other line ends than a leaf has.
  const pem = own ? `\n${formatPem(fromBase64(own.rawBytes), 'CERTIFICATE')}\n` : formatPem(key.spki, 'PUBLIC KEY');
  const twice = (base64: string) => toBase64(utf8(base64));
  const entry = { kind: leaf.kind, apiVersion: leaf.version };
  if (messageSignature !== undefined && leaf.kind === 'hashedrekord') {
    const value = Buffer.from(messageSignature.messageDigest.digest, 'base64').toString('hex').toUpperCase();
    const signature = { content: messageSignature.signature, publicKey: { content: twice(pem) } };
    return { ...entry, spec: { data: { hash: { algorithm: 'sha256', value } }, signature } };
  }
  if (dsseEnvelope === undefined || leaf.kind === 'hashedrekord' || leaf.version === '0.0.2') {
    const complete = leaf.kind === 'intoto' && dsseEnvelope?.signatures.length === leaf.signatures.length;
    return complete ? intotoRequest(leaf, dsseEnvelope) : null;
  }
  const wanted = toHex((leaf as DsseLeafV1).envelopeHash);
  const envelope = envelopeTexts(dsseEnvelope).find((text) => toHex(sha256(utf8(text))) === wanted);
  return envelope === undefined ? null : { ...entry, spec: { proposedContent: { envelope, verifiers: [twice(pem)] } } };
}

/** Only the leaf has the key's text as it was sent, and what the client called the envelope's hash. */
function intotoRequest(leaf: IntotoLeaf, { payload, payloadType, signatures }: Envelope): Json {
  const twice = (base64: string) => toBase64(utf8(base64));
  const items = signatures.map(({ sig, keyid }, i) => ({
    ...{ sig: twice(sig), publicKey: twice(leaf.signatures[i]!.pem) },
    ...(keyid && { keyid }),
  }));
  const hash = { algorithm: 'sha256', value: toHex(leaf.envelopeHash) };
  const content = { envelope: { payload: twice(payload), payloadType, signatures: items }, hash };
  return { kind: 'intoto', apiVersion: '0.0.2', spec: { content } };
}

/** An envelope in the forms in which clients write it as JSON. */
function envelopeTexts({ payload, payloadType, signatures }: Envelope): string[] {
  const bare = signatures.map(({ sig }) => ({ sig }));
  const empty = signatures.map(({ sig, keyid = '' }) => ({ sig, keyid }));
  const before = signatures.map(({ sig, keyid = '' }) => ({ keyid, sig }));
  return [bare, empty, before].flatMap((list) => [
    JSON.stringify({ payload, payloadType, signatures: list }),
    JSON.stringify({ payloadType, payload, signatures: list }),
  ]);
}
