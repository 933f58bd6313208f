/**
 * Control statements: in-toto statements by which trust is given and taken back. They are read strictly, since one that
 * cannot be read would be logged and never take effect: whoever sends it must hear of that.
 */
import { decodeUtf8, utf8 } from '../../core/bytes.ts';
import { LogError } from '../../core/errors.ts';
import { canonicalJson } from '../encoding/canonical-json.ts';
import { parseStrictJsonText, REQUEST_LIMITS } from '../encoding/strict-json.ts';
import {
  type ArtifactClear,
  type ArtifactQuarantine,
  type ArtifactRevoke,
  artifactClear,
  artifactQuarantine,
  artifactRevoke,
  type DependencyTaint,
  dependencyTaint,
  type Supersede,
  supersede,
} from './artifact-events.ts';
import { type AuthoritySet, authoritySet } from './authority-set.ts';
import { type BuilderRevoke, builderRevoke } from './builder-revoke.ts';
import { closed, fault, matching, objectOf, text } from './closed-value.ts';
import type { ControlPredicate } from './control-predicate.ts';
import { CONTROL_EVENTS, controlEventOf, controlType } from './control-type.ts';
import { type IdentityReinstate, type IdentitySuspend, identityReinstate, identitySuspend } from './identity-events.ts';
import { type KeyAuthorize, type KeyRevoke, type KeyRotate, keyAuthorize, keyRevoke, keyRotate } from './key-events.ts';
import { type ExceptionGrant, exceptionGrant, type PolicySet, policySet } from './policy-events.ts';
import { subjects } from './subject.ts';
import { type Withdraw, withdraw } from './withdraw.ts';

export type ControlEvent =
  | AuthoritySet
  | KeyAuthorize
  | KeyRotate
  | KeyRevoke
  | IdentitySuspend
  | IdentityReinstate
  | BuilderRevoke
  | Withdraw
  | ArtifactQuarantine
  | ArtifactRevoke
  | ArtifactClear
  | DependencyTaint
  | Supersede
  | ExceptionGrant
  | PolicySet;

type Predicates = { readonly [E in ControlEvent as E['event']]: ControlPredicate<E> };

const PREDICATES: Predicates = {
  'authority-set': authoritySet,
  'key-authorize': keyAuthorize,
  'key-rotate': keyRotate,
  'key-revoke': keyRevoke,
  'identity-suspend': identitySuspend,
  'identity-reinstate': identityReinstate,
  'builder-revoke': builderRevoke,
  withdraw,
  'artifact-quarantine': artifactQuarantine,
  'artifact-revoke': artifactRevoke,
  'artifact-clear': artifactClear,
  'dependency-taint': dependencyTaint,
  supersede,
  'exception-grant': exceptionGrant,
  'policy-set': policySet,
};

/** Longest payload of a control statement, bytes: every verifier keeps all of them. */
export const MAX_CONTROL_LENGTH = 32 * 1024;

const TYPE = 'https://in-toto.io/Statement/v1';
const members = {
  _type: matching(/^https:\/\/in-toto\.io\/Statement\/v1$/, TYPE),
  subject: subjects,
  predicateType: text(),
};
const readMembers = closed({ ...members, predicate: objectOf });

/**
 * Reads the payload of a control statement.
 * @throws LogError malformed_control, `at` being the JSON pointer of the fault; malformed_json; limit_exceeded above
 *   32 KiB
 */
export function readControlStatement(payload: Uint8Array): ControlEvent {
  if (payload.length > MAX_CONTROL_LENGTH) {
    throw new LogError('limit_exceeded', `a control statement has at most ${MAX_CONTROL_LENGTH} bytes`);
  }
  const statement = readMembers(parseStrictJsonText(decodeUtf8(payload) ?? '', REQUEST_LIMITS), '');
  const event = controlEventOf(statement.predicateType);
  if (event === undefined) {
    const known = CONTROL_EVENTS.map((name) => controlType(name)).join(', ');
    throw fault('/predicateType', `no control statement is of this type; known are: ${known}`);
  }
  return PREDICATES[event].read(statement.predicate, statement.subject);
}

/** Bytes of the statement, canonical JSON: what is signed as the payload of an envelope. */
export function writeControlStatement(event: ControlEvent): Uint8Array {
  const predicate = PREDICATES[event.event] as ControlPredicate<ControlEvent>;
  const written = predicate.write(event);
  const subject = written.subjects.map(({ name, digest }) => ({ name, digest: { ...digest } }));
  const predicateType = controlType(event.event);
  return utf8(canonicalJson({ _type: TYPE, subject, predicateType, predicate: written.predicate }));
}
