/** Explanations for people: a line per value, with the entries that it rests on and whose word it is. */
import type { ArtifactEvidence } from '../evidence/gate/artifact-evidence.ts';
import type { Explanation } from '../evidence/gate/explain.ts';
import type { Answer, Support } from '../evidence/gate/findings.ts';
import { holderText } from './identity-text.ts';
import { printable } from './output.ts';

/** Dependencies that are listed; JSON has more. */
const LISTED = 20;

export function explanationText(explanation: Explanation, { about, complete }: ArtifactEvidence): string[] {
  const { origin, change, dependencies, runner, mismatches } = explanation;
  const lines = [
    ...(about.length === 0 ? ['nothing is logged about it'] : []),
    ...(complete ? [] : ['there is more evidence than is looked at: the newest of it is shown']),
    '',
    'where it came from',
    ...answerLines('repository', origin.repository),
    ...answerLines('repository id', origin.repositoryId),
    ...answerLines('commit', origin.commit),
    ...answerLines('ref', origin.ref),
    ...answerLines('workflow', origin.workflow),
    ...answerLines('trigger', origin.trigger),
    ...answerLines('run', origin.invocation),
    '',
    'who changed it',
    ...answerLines('actor', change.actor),
    ...optionalLines('kind of actor', change.actorKind),
    ...answerLines('activity', change.activity),
    ...answerLines('approved by', change.approvers),
    ...answerLines('source levels', change.levels),
    ...optionalLines('controls', change.controls),
    '',
    'what went in',
    line(
      'dependencies',
      dependencies.status === 'unknown' ? 'unknown' : `${dependencies.total}, ${dependencies.pinned} by digest`,
    ),
  ];
  for (const { uri, name, digests, support } of dependencies.items.slice(0, LISTED)) {
    const [digest] = [...digests].map(([algorithm, value]) => `${algorithm}:${value}`);
    const text = [uri ?? name ?? 'unnamed', digest ?? 'no digest'].map(printable).join('  ');
    lines.push(line('', `${text}  ${supportText(support)}`));
  }
  if (dependencies.total > LISTED) lines.push(line('', `and ${dependencies.total - LISTED} more`));
  lines.push(
    '',
    'what built it',
    ...answerLines('builder', runner.builder),
    ...answerLines('runner', runner.environment),
    ...optionalLines('deployment', runner.deployment),
    ...optionalLines('levels', runner.levels),
  );
  if (runner.signers.length === 0) lines.push(line('signed by', 'unknown'));
  for (const { index, key, names, issuer, chain, credential } of runner.signers) {
    const who = names.length === 0 ? `key ${key}` : `${holderText({ names: [...names], issuer })} (chain: ${chain})`;
    lines.push(line('signed by', `${who}, ${credential} credential  [${index}]`));
  }
  for (const { index, fact, certificate, predicate, outranks } of mismatches) {
    const says = `${fact}: the certificate says ${printable(certificate)}, the statement ${printable(predicate)}`;
    lines.push('', line('MISMATCH', `${says} (chain: ${outranks ? 'trusted' : 'unverified'})  [${index}]`));
  }
  return lines;
}

function answerLines(name: string, { status, findings }: Answer): string[] {
  if (status === 'unknown') return [line(name, 'unknown')];
  return findings.map(({ value, support }, i) => {
    const conflict = status === 'conflicting' ? 'CONFLICTING  ' : '';
    return line(i === 0 ? name : '', `${conflict}${printable(value)}  ${supportText(support)}`);
  });
}

/** Facts that few builds state: nothing is said where nothing is known. */
function optionalLines(name: string, answer: Answer): string[] {
  return answer.status === 'unknown' ? [] : answerLines(name, answer);
}

/** `[7 certificate, 9 unverified]` */
function supportText(support: readonly Support[]): string {
  const words = support.map(({ index, from, chain }) => {
    if (from === 'certificate') return `${index} certificate`;
    return chain === 'trusted' ? `${index}` : `${index} chain: unverified`;
  });
  return `[${words.join(', ')}]`;
}

function line(name: string, text: string): string {
  return `  ${name.padEnd(14)} ${text}`;
}
