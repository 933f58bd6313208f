/**
 * The package as programs import it: a client that verifies what a log answers, and the verification itself. Runs in
 * browsers too. Single modules of the core are `countersign/core/<module>`; the server is no part of this.
 */

export { followEntries } from './client/entries.ts';
export type { FeedEntry, FeedPage } from './client/entry-feed.ts';
export { EntryFeed, FeedContradiction } from './client/entry-feed.ts';
export type { FollowedLog, Observation } from './client/follow.ts';
export { LogMisbehaviour, observe } from './client/follow.ts';
export type { AddOutcome, FindQuery, FoundEntry, LogClientOptions } from './client/log-client.ts';
export { LogClient } from './client/log-client.ts';
export type { LogKeyOptions, TreeHead, VerifiedCheckpoint } from './client/log-key.ts';
export { LogKey } from './client/log-key.ts';
export type { VerifiedReceipt } from './client/receipt.ts';
export type { FeedState, RevocationEvent } from './client/revocation-feed.ts';
export { RevocationFeed } from './client/revocation-feed.ts';
export type { VerifiedFeed } from './client/revocations.ts';
export { followRevocations, replicateRevocations } from './client/revocations.ts';
export type { TileClientOptions, VerifiedLeaf } from './client/tile-client.ts';
export { TileClient } from './client/tile-client.ts';
export { openCheckpoint } from './core/checkpoint.ts';
export { openCosignature } from './core/cosignature.ts';
export type { ErrorCode } from './core/errors.ts';
export { isLogError, LogError } from './core/errors.ts';
export { leafHash, nodeHash } from './core/hash.ts';
export type { Conviction, MisbehaviourEvidence } from './core/misbehaviour.ts';
export { convict, parseEvidence } from './core/misbehaviour.ts';
export type { NoteVerifier } from './core/note.ts';
export { verifierOf } from './core/note.ts';
export { rootFromInclusion, verifyConsistency, verifyInclusion } from './core/proof.ts';
export { parseTlogProof, verifyTlogProof } from './core/tlog-proof.ts';
export type { ControlEvent } from './entry/control/control-statement.ts';
export { readControlStatement, writeControlStatement } from './entry/control/control-statement.ts';
export { parsePublicKeyPem } from './entry/keys/public-key.ts';
export type { SignatureChecks } from './entry/keys/signature-checks.ts';
export { portableChecks } from './entry/submission/portable-signatures.ts';
export type { TrustedRoot } from './entry/trust/trusted-root.ts';
export { readTrustedRoot } from './entry/trust/trusted-root.ts';
export type { BundleExpectations, VerifiedBundle } from './entry/verification/verify-bundle.ts';
export { verifyBundle } from './entry/verification/verify-bundle.ts';
export type { SigstoreExpectations, VerifiedSigstoreBundle } from './entry/verification/verify-sigstore-bundle.ts';
export { verifySigstoreBundle } from './entry/verification/verify-sigstore-bundle.ts';
