import { describe, expect, it } from 'vitest';
import { workflowPins } from '../../../src/cli/pins/workflow-pins.ts';

const SHA = 'c0ffee00'.repeat(5);
const DIGEST = 'ab'.repeat(32);

const pinsOf = (text: string) => workflowPins('ci.yml', text);

describe('a workflow', () => {
  it('points to actions, reusable workflows and images, each with its line', () => {
    const text = `name: ci
on: push
jobs:
  call:
    uses: acme/workflows/.github/workflows/build.yml@${SHA}
  build:
    container: node:22
    services:
      db: { image: 'postgres:17@sha256:${DIGEST}' }
    steps:
      - uses: actions/checkout@${SHA} # v4.2.2
      - name: scan
        uses: "acme/scan/sub/path@v4"
      - uses: docker://alpine@sha256:${DIGEST}
      - uses: ./.github/actions/own
      - run: |
          uses: not/this@v1
`;
    expect(pinsOf(text)).toEqual([
      { uri: 'git+https://github.com/acme/workflows', digest: { gitCommit: SHA }, at: 'ci.yml:5' },
      { uri: 'docker://node:22', at: 'ci.yml:7' },
      { uri: 'docker://postgres:17', digest: { sha256: DIGEST }, at: 'ci.yml:9' },
      { uri: 'git+https://github.com/actions/checkout', digest: { gitCommit: SHA }, at: 'ci.yml:11' },
      { uri: 'git+https://github.com/acme/scan@v4', at: 'ci.yml:13' },
      { uri: 'docker://alpine', digest: { sha256: DIGEST }, at: 'ci.yml:14' },
    ]);
  });

  it.each([
    ['a branch', 'a/b@main', 'git+https://github.com/a/b@main'],
    ['a short commit', `a/b@${SHA.slice(0, 12)}`, `git+https://github.com/a/b@${SHA.slice(0, 12)}`],
    ['a tag that looks like a path', 'a/b@releases/v1', 'git+https://github.com/a/b@releases/v1'],
    ['no ref at all', 'a/b', 'git+https://github.com/a/b'],
  ])('has no pin in %s', (_, uses, uri) => {
    expect(pinsOf(`jobs: {a: {steps: [{uses: '${uses}'}]}}`)).toEqual([{ uri, at: 'ci.yml:1' }]);
  });

  it('hands inputs and variables on, whatever they are called', () => {
    const text = 'jobs: {a: {env: {image: x}, steps: [{run: x, with: {uses: a/b@v1, image: y}}]}}';
    expect(pinsOf(text)).toEqual([]);
  });

  it('of an action may run an image of its own, or another', () => {
    expect(pinsOf('runs: {using: docker, image: Dockerfile}')).toEqual([]);
    expect(pinsOf('runs: {using: docker, image: "docker://a/b:1"}')).toEqual([
      { uri: 'docker://a/b:1', at: 'ci.yml:1' },
    ]);
  });

  it('that is no YAML is told by its line', () => {
    expect(() => pinsOf('jobs:\n  a: [\n')).toThrow(/ci\.yml:\d+ is no YAML/);
  });
});
