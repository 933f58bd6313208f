import { expect, it } from 'vitest';
import { BATCH_ITEMS, type Form, prepareRequests, submissionsIn } from '../../../bench/http/submissions.ts';
import { toHex } from '../../../src/core/bytes.ts';
import { prepareSubmission } from '../../../src/entry/submission/submission.ts';
import { nativeChecks } from '../../../src/log/native/native-signatures.ts';

it.each<[Form, number]>([
  ['dsse', 3],
  ['digest', 3],
  ['dsse-ndjson', BATCH_ITEMS + 3],
  ['dsse-msgpack', BATCH_ITEMS + 3],
  ['digest-ndjson', 3],
])('%s: prepares as many submissions as are wanted, all different and correctly signed', (form, count) => {
  const submissions = prepareRequests(form, count, 'localhost').flatMap((request) => {
    const inIt = submissionsIn(form, request);
    expect(inIt).toHaveLength(request.items);
    return inIt;
  });
  const leaves = submissions.map((submission) => toHex(prepareSubmission(submission, nativeChecks).leafHash));
  expect(new Set(leaves).size).toBe(count);
});
