/** Signed submissions, each unlike every other: artifacts, envelopes, and envelopes that come as a bare digest first. */
import { createHash, createPublicKey, generateKeyPairSync, randomBytes, sign } from 'node:crypto';

export interface Signed {
  /** JSON, as `POST /v1/entries` takes it. */
  body: string;
  /** Hex SHA-256 of the payload that it brings. */
  payload: string | undefined;
}

/** A few keys for all submissions of a process. */
const KEYS = Array.from({ length: 4 }, () => {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return {
    privateKey,
    publicKey: publicKey.export({ type: 'spki', format: 'pem' }) as string,
    spki: createPublicKey(privateKey).export({ type: 'spki', format: 'der' }),
  };
});

const PAYLOAD_TYPE = 'application/vnd.in-toto+json';
/** Subjects of one process are unlike those of every other. */
const run = randomBytes(8).toString('hex');
let count = 0;

function digest(bytes: string | Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}

function nextKey(): (typeof KEYS)[number] {
  count++;
  return KEYS[count % KEYS.length]!;
}

/** A signature over an artifact, which the log never sees. */
export function signedArtifact(key = nextKey()): Signed {
  const artifact = Buffer.from(`artifact ${run} ${++count}`);
  const signature = sign('sha256', artifact, key.privateKey).toString('base64');
  return {
    body: JSON.stringify({ artifact: { sha256: digest(artifact) }, signature, publicKey: key.publicKey }),
    payload: undefined,
  };
}

/** A statement in an envelope, and the same signing event without the statement: both give one leaf. */
export function signedStatement(): { subject: string; bare: Signed; whole: Signed } {
  const { privateKey, publicKey } = nextKey();
  const subject = digest(`subject ${run} ${count}`);
  const payload = Buffer.from(
    JSON.stringify({
      _type: 'https://in-toto.io/Statement/v1',
      subject: [{ name: `artifact-${count}`, digest: { sha256: subject } }],
      predicateType: 'https://example.com/test/v1',
      predicate: { count },
    }),
  );
  const pae = paeOf(payload);
  const signature = sign('sha256', pae, privateKey).toString('base64');
  const envelope = { payloadType: PAYLOAD_TYPE, payload: payload.toString('base64'), signatures: [{ sig: signature }] };
  return {
    subject,
    bare: { body: JSON.stringify({ artifact: { sha256: digest(pae) }, signature, publicKey }), payload: undefined },
    whole: { body: JSON.stringify({ envelope, publicKey }), payload: digest(payload) },
  };
}

/** A control statement: a key that revokes itself, which only the feed takes notice of. */
export function signedControl(): Signed {
  const { privateKey, publicKey, spki } = nextKey();
  const key = digest(spki);
  const predicate = { issued: ++count, reason: 'retired', comment: run };
  const payload = Buffer.from(
    JSON.stringify({
      _type: 'https://in-toto.io/Statement/v1',
      subject: [{ digest: { sha256: key } }],
      predicateType: 'urn:countersign:control:key-revoke:v1',
      predicate,
    }),
  );
  const signature = sign('sha256', paeOf(payload), privateKey).toString('base64');
  const envelope = { payloadType: PAYLOAD_TYPE, payload: payload.toString('base64'), signatures: [{ sig: signature }] };
  return { body: JSON.stringify({ envelope, publicKey }), payload: digest(payload) };
}

/** DSSE v1, "Pre-Authentication Encoding". */
function paeOf(payload: Buffer): Buffer {
  return Buffer.concat([Buffer.from(`DSSEv1 ${PAYLOAD_TYPE.length} ${PAYLOAD_TYPE} ${payload.length} `), payload]);
}

/** One signer's artifacts, to use up its quota. */
export function signerOfArtifacts(): { hash: string; next(): Signed } {
  const key = nextKey();
  return { hash: digest(key.spki), next: () => signedArtifact(key) };
}
