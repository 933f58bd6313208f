/**
 * Whose cosignatures a checkpoint needs (C2SP tlog-policy): logs, witnesses, groups of witnesses, and a quorum. A policy
 * is a text of lines, which verifiers of other projects read as well.
 */
import { type Checkpoint, parseCheckpoint } from './checkpoint.ts';
import { cosignatureTime } from './cosigned-message.ts';
import { isLogError, LogError } from './errors.ts';
import {
  formatVerifierKey,
  NOTE_COSIGNATURE_V1,
  NOTE_ED25519,
  type NoteVerifier,
  noteVerifier,
  openNote,
  parseVerifierKey,
  type VerifierKey,
} from './note.ts';

export interface PolicyLog {
  verifierKey: string;
  verifier: NoteVerifier;
  /** Where it is served, without a slash at the end. */
  url: string | undefined;
}

export interface PolicyWitness {
  /** By which the policy's groups and quorum name it; the name of its key is another matter. */
  name: string;
  verifierKey: string;
  /** Undefined for a key of a kind that is not verified here: such a witness counts as one that never cosigned. */
  verifier: NoteVerifier | undefined;
  /** Where checkpoints are submitted to it, without a slash at the end. */
  url: string | undefined;
}

/** What must have been cosigned: by a witness, or by `threshold` members of a group. */
type Member = { witness: string } | { threshold: number; members: Member[] };

export interface WitnessPolicy {
  logs: PolicyLog[];
  witnesses: PolicyWitness[];
  /** Undefined for `quorum none`. */
  quorum: Member | undefined;
}

/** A checkpoint as a policy sees it. */
export interface PolicyCheckpoint extends Checkpoint {
  /** The note's text. */
  text: string;
  /** The log of the policy that signed it. */
  log: PolicyLog;
  /** Those of the policy's witnesses, verified, in its order; times in POSIX seconds, the earliest of each. */
  cosignatures: { witness: string; time: number }[];
  /** Witnesses enough have cosigned; always true for `quorum none`. */
  quorumMet: boolean;
}

/** Most lines of each kind: more than anyone has, few enough to bound the work. */
const MOST_LINES = 1024;

/**
 * Reads a policy. Names must stand above where they are used, and belong to one group at most.
 * @throws LogError policy_invalid with the number of the line
 */
export function parseWitnessPolicy(text: string): WitnessPolicy {
  const lines = text.split('\n');
  if (lines.length > MOST_LINES) throw new LogError('policy_invalid', `the policy has more than ${MOST_LINES} lines`);
  const reader = new PolicyReader();
  for (const line of lines) reader.read(line);
  return reader.finish();
}

/** Reads line after line, and owns what it has read. */
class PolicyReader {
  readonly #logs: PolicyLog[] = [];
  readonly #witnesses: PolicyWitness[] = [];
  readonly #members = new Map<string, Member>();
  /** By algorithm and public key: another name makes nobody another witness. */
  readonly #keys = new Set<string>();
  readonly #grouped = new Set<string>();
  #quorum: { member: Member | undefined } | undefined;
  /** Number of the line that is being read. */
  #line = 0;

  read(line: string): void {
    this.#line += 1;
    if (hasControlCharacter(line)) throw this.#fault('it contains a control character');
    if (line.startsWith('#')) return;
    const [keyword, ...words] = line.split(/[ \t]+/).filter((word) => word !== '');
    if (keyword === undefined) return;
    if (keyword === 'log') this.#log(words);
    else if (keyword === 'witness') this.#witness(words);
    else if (keyword === 'group') this.#group(words);
    else if (keyword === 'quorum') this.#setQuorum(words);
    else throw this.#fault('it begins with none of log, witness, group, quorum and #');
  }

  finish(): WitnessPolicy {
    if (this.#quorum === undefined) throw new LogError('policy_invalid', 'the witness policy has no quorum line');
    return { logs: this.#logs, witnesses: this.#witnesses, quorum: this.#quorum.member };
  }

  #log([verifierKey, url, ...more]: string[]): void {
    if (verifierKey === undefined || more.length > 0) throw this.#fault('write: log <verifier key> [<url>]');
    const key = this.#takeKey(verifierKey);
    if (key.algorithm !== NOTE_ED25519) throw this.#fault('the key of a log must be Ed25519 (0x01)');
    this.#logs.push({ verifierKey, verifier: this.#verifier(key), url: this.#base(url) });
  }

  #witness([name, verifierKey, url, ...more]: string[]): void {
    if (name === undefined || verifierKey === undefined || more.length > 0) {
      throw this.#fault('write: witness <name> <verifier key> [<url>]');
    }
    this.#assertFree(name);
    const key = this.#takeKey(verifierKey);
    if (key.algorithm === NOTE_ED25519) throw this.#fault('the key signs notes, not cosignatures (0x04)');
    const verifier = key.algorithm === NOTE_COSIGNATURE_V1 ? this.#verifier(key) : undefined;
    this.#witnesses.push({ name, verifierKey, verifier, url: this.#base(url) });
    this.#members.set(name, { witness: name });
  }

  #group([name, count, ...names]: string[]): void {
    if (name === undefined || count === undefined || names.length === 0) {
      throw this.#fault('write: group <name> all|any|<number> <member> …');
    }
    this.#assertFree(name);
    const number = /^[1-9][0-9]{0,3}$/.test(count) ? Number(count) : 0;
    const threshold = { all: names.length, any: 1 }[count] ?? number;
    if (threshold < 1 || threshold > names.length) {
      throw this.#fault(`the group needs all, any, or a number from 1 to ${names.length}, its number of members`);
    }
    this.#members.set(name, { threshold, members: names.map((member) => this.#takeMember(member)) });
  }

  #setQuorum([name, ...more]: string[]): void {
    if (name === undefined || more.length > 0) throw this.#fault('write: quorum <name>|none');
    if (this.#quorum !== undefined) throw this.#fault('there is a quorum above this line already');
    this.#quorum = { member: name === 'none' ? undefined : this.#member(name) };
  }

  #assertFree(name: string): void {
    if (name === 'none') throw this.#fault('"none" is no name, since it says that there is no quorum');
    if (this.#members.has(name)) throw this.#fault(`the name ${name} is taken`);
  }

  #member(name: string): Member {
    const member = this.#members.get(name);
    if (member === undefined) throw this.#fault(`nothing above this line is named ${name}`);
    return member;
  }

  #takeMember(name: string): Member {
    if (this.#grouped.has(name)) throw this.#fault(`${name} is a member of a group already`);
    this.#grouped.add(name);
    return this.#member(name);
  }

  #takeKey(verifierKey: string): VerifierKey {
    const key = this.#stating(() => parseVerifierKey(verifierKey));
    const identity = formatVerifierKey('key', key.algorithm, key.publicKey);
    if (this.#keys.has(identity)) throw this.#fault('the key stands in the policy already');
    this.#keys.add(identity);
    return key;
  }

  #verifier({ name, algorithm, publicKey }: VerifierKey): NoteVerifier {
    return this.#stating(() => noteVerifier(name, algorithm, publicKey));
  }

  #base(url: string | undefined): string | undefined {
    if (url === undefined) return undefined;
    if (!/^https?:\/\/[^/\s]/.test(url)) throw this.#fault('the address is not an http or https URL');
    return url.replace(/\/+$/, '');
  }

  /** Runs what knows no lines, and says in which it failed. */
  #stating<T>(read: () => T): T {
    try {
      return read();
    } catch (error) {
      if (isLogError(error)) throw this.#fault(error.message, error);
      throw error;
    }
  }

  #fault(message: string, cause?: unknown): LogError {
    const at = `line ${this.#line}`;
    return new LogError('policy_invalid', `${at} of the witness policy: ${message}`, { cause, at });
  }
}

/** Tabs separate words; no other control character may occur (tlog-policy §Format). */
function hasControlCharacter(line: string): boolean {
  for (let i = 0; i < line.length; i++) {
    const code = line.charCodeAt(i);
    if ((code < 0x20 && code !== 0x09) || code === 0x7f) return true;
  }
  return false;
}

/** True where the cosignatures of these witnesses of the policy are enough. */
export function quorumMet({ quorum }: Pick<WitnessPolicy, 'quorum'>, cosigned: ReadonlySet<string>): boolean {
  return quorum === undefined || isMet(quorum, cosigned);
}

function isMet(member: Member, cosigned: ReadonlySet<string>): boolean {
  if ('witness' in member) return cosigned.has(member.witness);
  return member.members.filter((one) => isMet(one, cosigned)).length >= member.threshold;
}

/**
 * Reads a checkpoint that one of the policy's logs signed, and its cosignatures by the policy's witnesses. Lines of
 * other keys say nothing. Whether the quorum is met is for the caller to act on.
 * @throws LogError malformed_checkpoint; checkpoint_unverified where no log of the policy signed it, or a signature by a
 *   log or a witness of the policy does not verify
 */
export function openUnderPolicy(note: Uint8Array | string, policy: WitnessPolicy): PolicyCheckpoint {
  const verifiers = [...policy.logs, ...policy.witnesses].flatMap(({ verifier }) => verifier ?? []);
  const { text, verified } = opened(note, verifiers);
  const isBy = ({ verifier }: { verifier: NoteVerifier | undefined }, one: (typeof verified)[number]): boolean =>
    verifier?.name === one.name && verifier.keyId === one.keyId;
  const checkpoint = parseCheckpoint(text);
  const log = policy.logs.find((candidate) => verified.some((signature) => isBy(candidate, signature)));
  if (log === undefined)
    throw new LogError('checkpoint_unverified', 'no log of the witness policy signed the checkpoint');
  const cosignatures = policy.witnesses.flatMap((witness) => {
    const times = verified.filter((one) => isBy(witness, one)).map(({ bytes }) => cosignatureTime(bytes)!);
    return times.length === 0 ? [] : [{ witness: witness.name, time: Math.min(...times) }];
  });
  const cosigned = new Set(cosignatures.map(({ witness }) => witness));
  return { ...checkpoint, text, log, cosignatures, quorumMet: quorumMet(policy, cosigned) };
}

function opened(note: Uint8Array | string, verifiers: NoteVerifier[]): ReturnType<typeof openNote> {
  try {
    return openNote(note, verifiers);
  } catch (error) {
    if (isLogError(error, 'signature_invalid'))
      throw new LogError('checkpoint_unverified', error.message, { cause: error });
    if (isLogError(error)) throw new LogError('malformed_checkpoint', error.message, { cause: error });
    throw error;
  }
}
