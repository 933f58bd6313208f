import { describe, expect, it } from 'vitest';
import { podImages } from '../../../src/http/kubernetes/pod-images.ts';

const spec = {
  initContainers: [{ name: 'a', image: 'init' }],
  containers: [
    { name: 'b', image: 'main' },
    { name: 'c', image: 'init' },
  ],
  ephemeralContainers: [{ name: 'd', image: 'debug' }],
  volumes: [
    { name: 'e', emptyDir: {} },
    { name: 'f', image: { reference: 'model', pullPolicy: 'Always' } },
  ],
};
const template = { metadata: {}, spec };

describe('podImages', () => {
  it.each([
    ['a Pod', { kind: 'Pod', spec }],
    ['a PodTemplate', { kind: 'PodTemplate', template }],
    ['a Deployment', { kind: 'Deployment', spec: { replicas: 3, template } }],
    ['a CronJob', { kind: 'CronJob', spec: { jobTemplate: { spec: { template } } } }],
    ['a resource of others with a template', { kind: 'Rollout', spec: { template } }],
  ])('finds each image of %s once', (_, object) => {
    expect(podImages(object)).toEqual(['init', 'main', 'debug', 'model']);
  });

  it('reads every place of an object that has several, so that one cannot hide another', () => {
    const decoy = { containers: [{ image: 'good' }] };
    expect(podImages({ spec: { ...decoy, template } })).toContain('main');
  });

  it.each([
    ['a ConfigMap', { kind: 'ConfigMap', data: {} }],
    ['nothing', null],
    ['a list', []],
  ])('finds no pod in %s', (_, object) => {
    expect(podImages(object)).toBeUndefined();
  });

  it('does not pass over a container without an image', () => {
    expect(podImages({ spec: { containers: [{ name: 'x' }, { image: 7 }] } })).toEqual(['']);
  });
});
