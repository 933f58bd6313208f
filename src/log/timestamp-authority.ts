/** The log's RFC 3161 timestamp authority: judges requests and signs answers, in libuv's pool. */
import { type KeyObject, sign } from 'node:crypto';
import { LogError } from '../core/errors.ts';
import type { HashAlgorithm } from '../entry/signature-scheme.ts';
import { HASH_OID, refusalOf, type TimestampRefusal, type TimestampRequest } from '../entry/timestamp-request.ts';
import type { TimestampClock } from './timestamp-clock.ts';
import { encodeRejection } from './timestamp-encoding.ts';
import type { TimestampKey } from './timestamp-key.ts';
import { makeShape } from './timestamp-patterns.ts';
import { completeShape, fillShape, type ResponseShape } from './timestamp-shape.ts';

export interface TimestampAuthority {
  /** Certificates, PEM, leaf first. */
  readonly chain: string;
  /**
   * DER of the TimeStampResp, a rejection included.
   * @throws LogError clock_regressed, or another reason not to stamp now
   */
  answer(request: TimestampRequest): Promise<Uint8Array<ArrayBuffer>>;
}

/**
 * @param assertAble throws a LogError where the log is in no state to tell the time
 */
export function createTimestampAuthority(
  { key, chain, chainPem }: TimestampKey,
  clock: TimestampClock,
  assertAble: () => void,
): TimestampAuthority {
  const [leaf] = chain;
  const certificates = chain.map(({ der }) => der);
  // As many as there are hashes, lengths of nonces and two choices: some hundred, and a few in practice.
  const shapes = new Map<string, ResponseShape>();
  const rejections = new Map<string, Uint8Array<ArrayBuffer>>();

  function shapeOf(request: TimestampRequest): ResponseShape {
    const hash = hashNamed(request.hashAlgorithm);
    const nonceLength = request.nonce?.length;
    const name = [hash, request.hashParameters, nonceLength, request.certificates].join();
    let shape = shapes.get(name);
    if (shape === undefined) {
      const nullParameters = request.hashParameters === 'null';
      shape = makeShape(leaf.der, {
        ...{ hash, nullParameters, nonceLength },
        certificates: request.certificates ? certificates : [],
      });
      shapes.set(name, shape);
    }
    return shape;
  }

  function reject(refusal: TimestampRefusal): Uint8Array<ArrayBuffer> {
    let rejection = rejections.get(refusal.text);
    if (rejection === undefined) {
      rejection = new Uint8Array(encodeRejection(refusal));
      rejections.set(refusal.text, rejection);
    }
    return rejection;
  }

  return {
    chain: chainPem,
    async answer(request) {
      const refusal = refusalOf(request);
      if (refusal !== undefined) return reject(refusal);
      assertAble();
      const { digest, nonce } = request;
      const shape = shapeOf(request);
      for (;;) {
        const time = clock.time();
        if (time < leaf.notBefore || time > leaf.notAfter) {
          throw new LogError('halted', 'the certificate of the timestamp authority is not valid now', {
            retryAfter: 3600,
          });
        }
        const unsigned = fillShape(shape, { digest, time, nonce });
        const response = completeShape(shape, unsigned, await signInPool(unsigned.attributes, key));
        if (response !== undefined) return response;
      }
    },
  };
}

function hashNamed(oid: string): HashAlgorithm {
  return (Object.keys(HASH_OID) as HashAlgorithm[]).find((name) => HASH_OID[name] === oid)!;
}

/** A signature takes as long as all the rest of an answer, and longer: it is made beside the event loop. */
function signInPool(message: Uint8Array, key: KeyObject): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    sign('sha256', message, key, (error, signature) => (error ? reject(error) : resolve(signature)));
  });
}
