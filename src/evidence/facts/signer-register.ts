/** Who signed what a log holds, counted leaf by leaf: machine identities, and keys without a certificate. */
import { toHex } from '../../core/bytes.ts';
import { parseLeaf } from '../../entry/leaf/leaf.ts';
import { identityOf } from '../../entry/x509/certificate.ts';

/**
 * A key; or, since keys of certificates change with each, the holder of certificates of these names by this issuer. No
 * chain is looked at: anyone can put a name into a certificate.
 */
export interface RegisteredSigner {
  /** Hex SHA-256 of the SPKI; undefined for holders of certificates. */
  readonly key: string | undefined;
  /** As in the certificates; empty for keys. */
  readonly names: readonly string[];
  readonly issuer: string | undefined;
  readonly entries: number;
  /** Indexes of its first and last entry. */
  readonly first: number;
  readonly last: number;
  /** Repositories that its certificates name, at most `MAX_REPOSITORIES`. */
  readonly repositories: readonly string[];
}

const MAX_REPOSITORIES = 100;

type Writable<T> = { -readonly [Member in keyof T]: T[Member] };

export class SignerRegister {
  /** By key or identity, in the order of their first entries; owned here. */
  readonly #signers = new Map<string, Writable<RegisteredSigner>>();

  /** Leaves come in the order of their indexes. @throws LogError malformed_leaf */
  add(index: number, leaf: Uint8Array): void {
    const seen = new Set<string>();
    for (const { verifier } of parseLeaf(leaf).signatures) {
      const { names, issuer, facts } =
        verifier.certificate === undefined
          ? { names: [], issuer: undefined, facts: {} }
          : identityOf(verifier.certificate);
      const key = names.length === 0 ? toHex(verifier.key.spkiHash) : undefined;
      const id = JSON.stringify([key ?? issuer, ...names]);
      // Who signs one entry twice has signed one entry.
      if (seen.has(id)) continue;
      seen.add(id);
      const known = this.#signers.get(id);
      const signer = known ?? { key, names, issuer, entries: 0, first: index, last: index, repositories: [] };
      if (known === undefined) this.#signers.set(id, signer);
      signer.entries++;
      signer.last = index;
      const repository = facts.sourceRepositoryURI;
      const isNew = repository !== undefined && !signer.repositories.includes(repository);
      if (isNew && signer.repositories.length < MAX_REPOSITORIES) {
        signer.repositories = [...signer.repositories, repository];
      }
    }
  }

  /** In the order of their first entries. */
  get signers(): readonly RegisteredSigner[] {
    return [...this.#signers.values()];
  }
}
