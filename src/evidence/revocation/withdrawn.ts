/** Withdrawals: what they are kept by, and which of them an entry falls under. */
import type { IndexWindow } from '../../entry/control/builder-revoke.ts';
import type { Selector, Withdraw } from '../../entry/control/withdraw.ts';
import type { Credential, Evidence } from '../facts/evidence.ts';
import type { InForce } from './in-force.ts';
import { isPrincipal } from './quorum.ts';
import type { InEffect } from './ruled.ts';

/**
 * Keys of a withdrawal. What a signer withdraws of his own is kept by signer too: anyone may withdraw anything of his
 * own, and must not slow down those who look for what concerns others.
 */
export function keysOfWithdrawal({ event, record }: InEffect<Withdraw>): string[] {
  const values = valuesOf(event.selector).map((value) => `${event.selector.by} ${value}`);
  if (event.namespace !== undefined) return values;
  return record.credentials.flatMap((by) =>
    signersOf(by).flatMap((signer) => values.map((value) => `${value} ${signer}`)),
  );
}

/** @param covers whether a namespace covers the evidence */
export function withdrawalsOf(
  inForce: InForce,
  evidence: Evidence,
  covers: (namespace: string) => boolean,
): readonly InEffect<Withdraw>[] {
  const { credentials, index } = evidence;
  const everywhere = [
    ...invocationsOf(evidence).map((value) => `invocation ${value}`),
    ...commitsOf(evidence).flatMap((commit) =>
      repositoriesOf(evidence).map((repository) => `commit ${commit} ${repository}`),
    ),
    'identity ',
  ];
  const byNamespace = [...everywhere, ...credentials.map(({ eventId }) => `leaves ${eventId}`)]
    .flatMap((key) => inForce.withdrawals.get(key))
    .filter(({ event }) => event.namespace !== undefined && covers(event.namespace));
  const bySigner = credentials.flatMap((credential) => {
    const keys = [...everywhere, `leaves ${credential.eventId}`];
    return signersOf(credential)
      .flatMap((signer) => keys.flatMap((key) => inForce.withdrawals.get(`${key} ${signer}`)))
      .filter((withdrawal) => isOwn(inForce, withdrawal, credential, covers));
  });
  return [...byNamespace, ...bySigner].filter(({ event: { selector } }) => {
    if (selector.by !== 'identity') return true;
    const isMeant = ({ kind, ...rest }: Credential) =>
      kind === 'certificate' && isPrincipal(selector.identity, { kind, ...rest, chain: 'trusted' });
    return credentials.some(isMeant) && isWithin(index, selector.indexes);
  });
}

export function isWithin(index: number, window: IndexWindow | undefined): boolean {
  return window === undefined || (index >= window.from && (window.to === undefined || index <= window.to));
}

function valuesOf(selector: Selector): string[] {
  switch (selector.by) {
    case 'leaves':
      return selector.leaves.flatMap(({ events }) => events);
    case 'invocation':
      return [selector.invocation];
    case 'commit':
      return [`${selector.commit} ${selector.repository.toLowerCase()}`];
    case 'identity':
      return [''];
  }
}

/** Under a trusted chain by name too: the key of a short-lived certificate is gone. */
function signersOf({ key, chain, issuer, names }: Credential): string[] {
  return chain === 'trusted' && issuer !== undefined ? [key, ...names.map((name) => `${issuer} ${name}`)] : [key];
}

/** By the same signer, whose key nobody had revoked before: a thief must not withdraw what was signed before him. */
function isOwn(
  inForce: InForce,
  { record }: InEffect<Withdraw>,
  credential: Credential,
  covers: (namespace: string) => boolean,
): boolean {
  const own = signersOf(credential);
  return record.credentials.some(
    (by) =>
      signersOf(by).some((signer) => own.includes(signer)) &&
      !inForce.revokedKeys
        .get(by.key)
        .some(
          ({ record: { index }, namespace, validBelow }) =>
            index < record.batchStart && record.index >= validBelow && (namespace === undefined || covers(namespace)),
        ),
  );
}

/** By the claim and by certificates: whoever says so, saying it brings the withdrawal upon the entry. */
function invocationsOf({ claim, credentials }: Evidence): string[] {
  const claimed = claim?.kind === 'provenance' ? claim.invocation : undefined;
  return present([claimed, ...credentials.map(({ facts }) => facts.runInvocationURI)]);
}

function commitsOf({ claim, credentials, subjects }: Evidence): string[] {
  const claimed = claim?.kind === 'provenance' ? claim.commit : undefined;
  const about = subjects.map(({ digests }) => digests.get('gitCommit'));
  return present([claimed, ...about, ...credentials.map(({ facts }) => facts.sourceRepositoryDigest)]);
}

/** In lower case. */
function repositoriesOf({ claim, credentials }: Evidence): string[] {
  const claimed = claim !== undefined && 'repository' in claim ? claim.repository : undefined;
  const certified = credentials.map(({ facts }) => facts.sourceRepositoryURI);
  return present([claimed, ...certified]).map((name) => name.toLowerCase());
}

function present(values: readonly (string | undefined)[]): string[] {
  return [...new Set(values.filter((value) => value !== undefined))];
}
