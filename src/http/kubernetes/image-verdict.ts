/** What policies make of an image: one answer for the webhook and for the external-data provider. */
import { isLogError, type LogError } from '../../core/errors.ts';
import type { Decision } from '../../evidence/policy/decision.ts';
import { matchesAny } from '../../evidence/policy/document/pattern.ts';
import type { Policy } from '../../evidence/policy/policy.ts';
import { type ImageReference, parseImageReference } from './image-reference.ts';

/** Decides on one artifact by one policy: from evidence that is at hand, or by asking the log. */
export interface ArtifactGate {
  /** @throws LogError where nothing can be known: the log is out of reach, or what it says does not verify */
  decide(
    policy: Policy,
    artifact: { readonly name: string; readonly digests: ReadonlyMap<string, string> },
    signal: AbortSignal,
  ): Promise<Decision>;
}

/** What speaks against an image, in the mode of the policy that says so. */
export interface Objection {
  readonly mode: 'audit' | 'warn' | 'enforce';
  /** Image, policy, rules that do not hold with their codes and log indexes, or why nothing could be decided. */
  readonly text: string;
}

export interface ImageVerdict {
  readonly image: string;
  readonly allowed: boolean;
  readonly objections: readonly Objection[];
  readonly decisions: readonly Decision[];
}

/** All policies that apply to the image must permit it; one that none applies to is refused. Never throws. */
export async function judgeImage(
  image: string,
  policies: readonly Policy[],
  gate: ArtifactGate,
  signal: AbortSignal,
): Promise<ImageVerdict> {
  const reference = parseImageReference(image);
  if (reference === undefined) return refused(image, 'it is not a reference to an image');
  const applying = policies.filter(
    ({ document: { applies } }) => applies === undefined || matchesAny(applies, reference.repository),
  );
  if (applying.length === 0) return refused(image, `no policy applies to ${reference.repository}`);
  const judged = await Promise.all(applying.map((policy) => judgeBy(policy, reference, gate, signal)));
  const objections = judged.flatMap(({ objection }) => objection ?? []);
  return {
    image,
    allowed: objections.every(({ mode }) => mode !== 'enforce'),
    objections,
    decisions: judged.flatMap(({ decision }) => decision ?? []),
  };
}

/** Whatever the modes of the policies are: it is none of them that objects. */
function refused(image: string, why: string): ImageVerdict {
  return {
    image,
    allowed: false,
    objections: [{ mode: 'enforce', text: `${shown(image)}: ${why}` }],
    decisions: [],
  };
}

interface Judged {
  decision?: Decision;
  objection?: Objection;
}

async function judgeBy(
  policy: Policy,
  { text, repository, digest }: ImageReference,
  gate: ArtifactGate,
  signal: AbortSignal,
): Promise<Judged> {
  const { mode, policy: name } = policy.document;
  const object = (why: string): Objection => ({ mode, text: `${shown(text)}: policy ${name}: ${why}` });
  if (digest === undefined) {
    const fix = `${repository}@sha256:…`;
    return { objection: object(`it is named by tag, which can be moved; name it by digest, as ${fix}`) };
  }
  try {
    const artifact = { name: repository, digests: new Map([[digest.algorithm, digest.hex]]) };
    const decision = await gate.decide(policy, artifact, signal);
    return decision.decision === 'ALLOW' ? { decision } : { decision, objection: object(reasonsOf(decision)) };
  } catch (error) {
    if (!isLogError(error) && !signal.aborted) throw error;
    return { objection: object(signal.aborted ? LATE : undecided(error as LogError)) };
  }
}

const LATE = 'TIMEOUT: it could not be decided in time';

function undecided({ code, message }: LogError): string {
  return `${code === 'gate_closed' ? 'STALE_LOG' : 'LOG_UNREACHABLE'}: ${message}`;
}

/** Rules that do not hold, and the control statements that are behind it. */
function reasonsOf({ decision, results, affectedBy, log }: Decision): string {
  const open = results.filter(({ outcome }) => outcome === 'fail' || outcome === 'unknown');
  const rules = open.map(({ rule, code, evidence }) => {
    const indexes = evidence.map(({ index }) => index);
    return `${rule} ${code ?? ''}${indexes.length === 0 ? '' : ` [${indexes.slice(0, 8).join(', ')}]`}`;
  });
  const by = affectedBy.length === 0 ? '' : `; revoked by entries ${affectedBy.slice(0, 8).join(', ')}`;
  return `${decision}: ${rules.join('; ')}${by} (${log.origin}, size ${log.treeSize}, revocations ${log.feedSize})`;
}

/** What others wrote, for a message that people read: printable ASCII, and not too much of it. */
function shown(text: string): string {
  return text === '' ? '(no image)' : text.slice(0, 512).replace(/[^\x21-\x7e]/g, '?');
}
