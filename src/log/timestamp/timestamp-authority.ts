/** The log's RFC 3161 timestamp authority: judges requests and signs answers, in libuv's pool. */
import { type KeyObject, sign } from 'node:crypto';
import { LogError } from '../../core/errors.ts';
import { hashOfId } from '../../entry/keys/digest-algorithm.ts';
import { refusalOf, type TimestampRequest } from '../../entry/timestamp/timestamp-request.ts';
import type { TimestampClock } from './timestamp-clock.ts';
import type { TimestampKey } from './timestamp-key.ts';
import {
  completeShape,
  fillShape,
  type ResponseShape,
  type ShapeOf,
  type TimestampEncoder,
} from './timestamp-shape.ts';

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
  encoder: TimestampEncoder,
  clock: TimestampClock,
  assertAble: () => void,
): TimestampAuthority {
  const [leaf] = chain;
  // As many as there are hashes, lengths of nonces and two choices: some hundred at most, and a few in practice.
  const shapes = new Map<string, Promise<ResponseShape>>();
  const rejections = new Map<string, Promise<Uint8Array>>();

  function shapeFor(request: TimestampRequest): Promise<ResponseShape> {
    const of: ShapeOf = {
      hash: hashOfId(request.hashAlgorithm)!,
      nullParameters: request.hashParameters === 'null',
      nonceLength: request.nonce?.length,
      certificates: request.certificates ? chain.length : 0,
    };
    return remembered(shapes, Object.values(of).join(), () => encoder.shape(of));
  }

  return {
    chain: chainPem,
    async answer(request) {
      const refusal = refusalOf(request);
      if (refusal !== undefined) {
        return new Uint8Array(await remembered(rejections, refusal.text, () => encoder.rejection(refusal)));
      }
      const shape = await shapeFor(request);
      const { digest, nonce } = request;
      for (;;) {
        assertAble();
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

/** What was promised once; a promise that was broken is forgotten. */
function remembered<T>(promises: Map<string, Promise<T>>, name: string, make: () => Promise<T>): Promise<T> {
  let promise = promises.get(name);
  if (promise === undefined) {
    promise = make();
    promises.set(name, promise);
    promise.catch(() => promises.delete(name));
  }
  return promise;
}

/** A signature takes as long as all the rest of an answer, and longer: it is made beside the event loop. */
function signInPool(message: Uint8Array, key: KeyObject): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    sign('sha256', message, key, (error, signature) => (error ? reject(error) : resolve(signature)));
  });
}
