/**
 * AdmissionReview of admission.k8s.io/v1 (Kubernetes API, "Dynamic Admission Control"): what a validating webhook is
 * asked, and what it answers.
 */
import { z } from '@hono/zod-openapi';
import type { ImageVerdict } from './image-verdict.ts';
import { podImages } from './pod-images.ts';

/** Loose: the API server adds members in any release. */
export const admissionReview = z.looseObject({
  apiVersion: z.literal('admission.k8s.io/v1'),
  kind: z.literal('AdmissionReview'),
  request: z.looseObject({
    uid: z.string().min(1).max(256),
    operation: z.enum(['CREATE', 'UPDATE', 'DELETE', 'CONNECT']),
    object: z.unknown().optional(),
    oldObject: z.unknown().optional(),
  }),
});

export type AdmissionRequest = z.output<typeof admissionReview>['request'];

/**
 * Images that the request would have run and that were not accepted before: of an update, those that it brings. So
 * what runs already can still be scaled down, labelled and deleted after its image was revoked.
 * @returns undefined where the object is of a kind that this webhook cannot read
 */
export function newImages({ operation, object, oldObject }: AdmissionRequest): string[] | undefined {
  if (operation === 'DELETE' || operation === 'CONNECT') return [];
  const images = podImages(object);
  if (operation === 'CREATE' || images === undefined) return images;
  const known = new Set(podImages(oldObject));
  return images.filter((image) => !known.has(image));
}

interface Response {
  uid: string;
  allowed: boolean;
  status?: { code: number; reason: string; message: string };
  /** For the person who applies the object. */
  warnings?: string[];
  /** For the API server's audit log. */
  auditAnnotations?: Record<string, string>;
}

interface Review {
  apiVersion: 'admission.k8s.io/v1';
  kind: 'AdmissionReview';
  response: Response;
}

/** The API server cuts warnings at 256 characters, and drops them beyond 4,096 in all. */
const LIMITS = { message: 8_192, warning: 250, warnings: 16, annotation: 8_192 };

/** What is enforced denies; what only warns or audits is told, and lets pass. */
export function reviewOf({ uid }: Pick<AdmissionRequest, 'uid'>, verdicts: readonly ImageVerdict[]): Review {
  const texts = (mode: string) =>
    verdicts.flatMap(({ objections }) => objections.filter((one) => one.mode === mode).map(({ text }) => text));
  const denied = verdicts.some(({ allowed }) => !allowed);
  const warnings = texts('warn')
    .slice(0, LIMITS.warnings)
    .map((text) => text.slice(0, LIMITS.warning));
  const audited = texts('audit').join('\n').slice(0, LIMITS.annotation);
  return review({
    uid,
    allowed: !denied,
    ...(denied && { status: forbidden(texts('enforce').join('\n')) }),
    ...(warnings.length > 0 && { warnings }),
    ...(audited !== '' && { auditAnnotations: { 'would-deny': audited } }),
  });
}

/** For an object in which no pod was found: that nothing speaks against it is not known. */
export function unreadable({ uid }: Pick<AdmissionRequest, 'uid'>): Review {
  const message =
    'the object holds no pod or pod template at a place that is known here; have the webhook asked about workloads only';
  return review({ uid, allowed: false, status: forbidden(message) });
}

function review(response: Response): Review {
  return { apiVersion: 'admission.k8s.io/v1', kind: 'AdmissionReview', response };
}

function forbidden(message: string): NonNullable<Response['status']> {
  return { code: 403, reason: 'Forbidden', message: message.slice(0, LIMITS.message) };
}
