/** Policies of a namespace, and exceptions from them. */
import { closed, fault, text } from './closed-value.ts';
import {
  AT,
  bySha256,
  type Common,
  type ControlPredicate,
  namespace,
  oneSubject,
  onlySha256,
  seconds,
} from './control-predicate.ts';

/** A rule need not hold for one artifact, for some time. */
export interface ExceptionGrant extends Common {
  readonly event: 'exception-grant';
  readonly namespace: string;
  /** `<algorithm>:<digest>` of the artifact. */
  readonly subject: string;
  /** Id of the rule. */
  readonly rule: string;
  /** POSIX seconds of log time at which it ends. */
  readonly until: number;
  readonly reason: string;
}

/** The namespace's policy from here on. */
export interface PolicySet extends Common {
  readonly event: 'policy-set';
  readonly namespace: string;
  /** Hex SHA-256 of the document. */
  readonly policy: string;
  readonly name: string | undefined;
}

const grantBody = closed({ namespace, issued: seconds, rule: text(128), until: seconds, reason: text() });
const policyBody = closed({ namespace, issued: seconds }, { name: text(256) });

export const exceptionGrant: ControlPredicate<ExceptionGrant> = {
  read(predicate, subjects) {
    const [digest, ...more] = Object.entries(oneSubject(subjects).digest);
    if (digest === undefined || more.length > 0) throw fault('/subject/0/digest', 'it must be one digest');
    return { event: 'exception-grant', subject: digest.join(':'), ...grantBody(predicate, AT) };
  },
  write({ event: _, subject, ...predicate }) {
    const colon = subject.indexOf(':');
    const digest = { [subject.slice(0, colon)]: subject.slice(colon + 1) };
    return { subjects: [{ name: undefined, digest }], predicate: { ...predicate } };
  },
};

export const policySet: ControlPredicate<PolicySet> = {
  read: (predicate, subjects) => ({ event: 'policy-set', policy: onlySha256(subjects), ...policyBody(predicate, AT) }),
  write: ({ event: _, policy, ...predicate }) => ({ subjects: bySha256(policy), predicate: { ...predicate } }),
};
