/** The images that a Kubernetes object would have run. */
import { isObject, type Members } from '../../entry/encoding/members.ts';

/**
 * Where objects hold a pod: Pods themselves; PodTemplates; Deployments, ReplicaSets, StatefulSets, DaemonSets, Jobs,
 * ReplicationControllers, and resources of others that follow them; CronJobs.
 */
const POD_SPECS: readonly (readonly string[])[] = [
  ['spec'],
  ['template', 'spec'],
  ['spec', 'template', 'spec'],
  ['spec', 'jobTemplate', 'spec', 'template', 'spec'],
];

const CONTAINER_LISTS = ['initContainers', 'containers', 'ephemeralContainers'] as const;

/**
 * Each image once, in the object's order: those of all kinds of containers, and of volumes that are images.
 * @returns undefined where the object holds no pod at any known place; what is no string in an image's place is `''`
 */
export function podImages(object: unknown): string[] | undefined {
  const pods = POD_SPECS.map((path) => at(object, path)).filter(
    (spec): spec is Members => isObject(spec) && Array.isArray(spec.containers),
  );
  if (pods.length === 0) return undefined;
  return [...new Set(pods.flatMap(imagesOfPod))];
}

function imagesOfPod(spec: Members): string[] {
  const containers = CONTAINER_LISTS.flatMap((name) => listOf(spec[name])).map((one) => textOf(one, 'image'));
  const volumes = listOf(spec.volumes)
    .map((volume) => (isObject(volume) ? volume.image : undefined))
    .filter((image) => image !== undefined && image !== null)
    .map((image) => textOf(image, 'reference'));
  return [...containers, ...volumes];
}

function at(value: unknown, path: readonly string[]): unknown {
  return path.reduce((inner, name) => (isObject(inner) && Object.hasOwn(inner, name) ? inner[name] : undefined), value);
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function textOf(value: unknown, name: string): string {
  const text = isObject(value) ? value[name] : undefined;
  return typeof text === 'string' ? text : '';
}
