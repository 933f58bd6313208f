/** The log that was asked: that it is the right one, is fresh, is watched, and gave a complete answer. */
import { writeDuration } from '../document/duration.ts';
import { AFTER_BUILD, ALL_PHASES, fail, listed, pass, type Rule, unknown, whether } from '../rule.ts';
import { allowedSignatures } from '../signature-in-force.ts';

const origin: Rule = {
  id: 'log.origin',
  section: 'log',
  codes: ['WRONG_LOG'],
  failure: 'the evidence is from another log',
  fix: 'ask the log that the policy names',
  protects: 'evidence from a log that somebody set up to hold what he likes',
  example: '`origin: log.acme.example`, asked at another log. Mend: point the gate at the log that is named.',
  phases: ALL_PHASES,
  absolute: true,
  expected: ({ trust }) => trust.log?.origin,
  judge: ({ policy, input }) => whether(input.log.origin === policy.trust.log?.origin, input.log.origin),
};

const fresh: Rule = {
  id: 'log.fresh',
  section: 'log',
  codes: ['STALE_LOG'],
  failure: "the log's newest stamp is too old, so a revocation may be missing",
  fix: 'reach the log, or wait until it stamps its head again',
  protects: 'whoever holds back the newest revocations, by cutting the way to the log or freezing a mirror',
  example: '`maxStaleness: 60s`, and the last stamp is five minutes old. Mend: restore the way to the log.',
  phases: ALL_PHASES,
  absolute: true,
  expected: ({ trust }) =>
    trust.log?.maxStaleness === undefined ? undefined : `at most ${writeDuration(trust.log.maxStaleness)} behind`,
  judge: ({ policy, input }) => {
    const limit = policy.trust.log?.maxStaleness ?? 0;
    const { staleness } = input.log;
    if (staleness <= limit) return pass(`${staleness}s behind`);
    // What is not known yet cannot be called wrong; in enforce mode what is unknown is denied all the same.
    return unknown(`${Number.isFinite(staleness) ? `${staleness}s` : 'unknown time'} behind`);
  },
};

const witnesses: Rule = {
  id: 'log.witnesses',
  section: 'log',
  codes: ['WITNESSES_MISSING'],
  failure: 'too few of the named witnesses cosigned the head',
  fix: 'wait for the witnesses, or find out why they no longer cosign: the log may have forked',
  protects: 'a log that shows one history to you and another to everyone else',
  example: '`witnesses: {count: 2, of: [w1, w2, w3]}`, and only w1 cosigned. Mend: bring another witness back.',
  phases: ALL_PHASES,
  expected: ({ trust: { log } }) => log?.witnesses && `${log.witnesses.count} of ${listed(log.witnesses.of)}`,
  judge: ({ policy, input }) => {
    const { count, of } = policy.trust.log!.witnesses!;
    const present = [...new Set(of)].filter((name) => input.log.witnesses.includes(name));
    return whether(present.length >= count, listed(present));
  },
};

const minAge: Rule = {
  id: 'logged.min-age',
  section: 'log',
  codes: ['MIN_AGE'],
  failure: 'the evidence is too young by log time',
  fix: 'wait; where it cannot wait, have an exception approved',
  protects: 'attacks that are found out within hours: nothing is promoted before others could look at it',
  example: '`minAge: 4h`, asked ten minutes after the build. Mend: ask again after four hours.',
  expected: ({ require }) =>
    require.logged?.minAge === undefined ? undefined : `logged ${writeDuration(require.logged.minAge)} ago`,
  judge: (context) => {
    const { policy, input, build } = context;
    const evidence = build?.evidence ?? allowedSignatures(context)[0];
    if (evidence === undefined) return fail('nothing that counts is logged');
    const age = input.log.time - evidence.loggedAt;
    return whether(age >= (policy.require.logged?.minAge ?? 0), `logged ${age}s ago`, [evidence]);
  },
  phases: AFTER_BUILD,
};

const complete: Rule = {
  id: 'logged.complete',
  section: 'log',
  codes: ['INCOMPLETE'],
  failure: 'what the log answered is not known to be complete',
  fix: 'ask the log itself, with all of its index; a bundle or a part of it does not do',
  protects: 'answers from which a revocation, a conflict or an earlier release was left out',
  example: '`complete: true`, judged from an offline bundle. Mend: ask the log.',
  phases: ALL_PHASES,
  expected: ({ require }) => (require.logged?.complete ? 'complete for the tree size' : undefined),
  judge: ({ input }) => whether(input.complete, input.complete ? 'complete' : 'not complete'),
};

export const LOG_RULES: readonly Rule[] = [origin, fresh, witnesses, complete, minAge];
