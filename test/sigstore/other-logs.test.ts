/** Why the log hands out bundles with its own entry alone: one more entry is one more log that a client must know. */
import { describe, expect, it } from 'vitest';
import { utf8 } from '../../src/core/bytes.ts';
import {
  bundleOf,
  signedMessage,
  signer,
  stamp,
  trustedRoot,
  v1Entry,
  v1Leaf,
  v2Entry,
  v2Leaf,
} from '../fixtures/sigstore-instance.ts';
import type { Artifact } from './artifact.ts';
import { CLIENTS, type Json, verifyWith } from './clients.ts';

const artifact = Buffer.from(utf8('the artifact'));
const signed: Artifact = { kind: 'messageSignature', artifact, digest: '', data: artifact };
const message = signedMessage(artifact);
const own = v2Entry(v2Leaf(message, signer));
const other = v1Entry(v1Leaf(message, signer));
const bundle = (...entries: object[]) => bundleOf(message, { entries, timestamps: [stamp(message.signature)] });

describe.each(CLIENTS.map((client) => [client.name, client] as const))('%s', (_, client) => {
  const verify = (value: object, tlogs: (all: Json[]) => Json[]) => {
    const root = trustedRoot();
    return verifyWith(
      client,
      { ...root, tlogs: tlogs(root.tlogs as unknown as Json[]) } as unknown as Json,
      value,
      signed,
    );
  };
  const onlyOwn = ([, v2]: Json[]) => [v2!];

  it('takes the entry of the log that it knows', () => {
    expect(() => verify(bundle(own), onlyOwn)).not.toThrow();
  });

  it('refuses it beside one of a log that it does not know', () => {
    expect(() => verify(bundle(own, other), (all) => all)).not.toThrow();
    expect(() => verify(bundle(own, other), onlyOwn)).toThrow();
  });
});
