/** The signature, judged apart from provenance: it says who released, not how it was built. */
import { fail, listed, pass, type Rule } from '../rule.ts';
import { allowedSignatures, signatures } from '../signature-in-force.ts';
import { signerOf, signersText } from '../signers.ts';

const present: Rule = {
  id: 'signature.present',
  section: 'signature',
  codes: ['NO_SIGNATURE'],
  failure: 'nobody signed this artifact in this log',
  fix: 'sign the artifact, and log the signature: countersign add FILE --sign KEY, or cosign',
  protects: 'artifacts that were swapped or made up after the release',
  example: 'A file that was never signed, or was changed afterwards. Mend: sign and log it.',
  expected: ({ require }) => (require.signature === 'any' ? 'a signed statement' : 'a signature or release statement'),
  judge: (context) => {
    const found = signatures(context);
    return found.length > 0 ? pass(`${found.length}`, found.slice(-1)) : fail('none');
  },
};

const signer: Rule = {
  id: 'signature.signer',
  section: 'signature',
  codes: ['SIGNER_NOT_ALLOWED'],
  failure: 'no signer whom the policy names signed this artifact',
  fix: 'sign with an identity or key of trust.signers, or add the signer there after looking into it',
  protects: 'signatures that are right, and of somebody who has no business to sign this',
  example: 'The release was signed from a fork. Mend: release from the repository that is named.',
  expected: ({ trust, require }) => {
    if (trust.signers === 'any') return 'anybody';
    const named = (trust.signers ?? []).map(({ san, key }) => san ?? key ?? '');
    const all = require.signature === 'any' ? [...named, 'the signer of a trusted build'] : named;
    return all.length === 0 ? 'nobody is named' : `one of ${listed(all)}`;
  },
  judge: (context) => {
    const found = signatures(context);
    const allowed = allowedSignatures(context);
    if (allowed.length > 0) return pass(signersText(allowed.at(-1)!), allowed.slice(-1));
    return fail(found.length === 0 ? 'nobody signed' : listed(found.map(signersText)), found.slice(-4));
  },
};

const owner: Rule = {
  id: 'signature.owner',
  section: 'signature',
  codes: ['OWNER_MISSING'],
  failure: 'nobody is named who answers for this policy or for who signed',
  fix: 'name an owner in the policy, and one for each signer in trust that may sign',
  protects: 'machine identities that nobody looks after and nobody misses',
  example: 'A builder whose signer has no `owner`. Mend: `signer: {…, owner: build-team@acme.example}`.',
  expected: ({ require }) => (require.owners ? 'an owner of the policy and of each signer' : undefined),
  judge: (context) => {
    const { policy, build } = context;
    if (policy.owner === undefined) return fail('the policy has no owner');
    const { signers = [] } = policy.trust;
    const named = signers === 'any' ? [] : signers;
    const release = signatures(context).find((evidence) => signerOf(named, evidence)?.owner !== undefined);
    const owned = [release, build?.trusted?.signer.owner && build.evidence].filter((one) => typeof one === 'object');
    if (policy.require.signature === 'release' && release === undefined) return fail('the signer has no owner');
    if (policy.require.provenance !== undefined && build?.trusted?.signer.owner === undefined) {
      return fail("the builder's signer has no owner");
    }
    return owned.length > 0 ? pass('named', owned) : fail('the signer has no owner');
  },
};

export const SIGNATURE_RULES: readonly Rule[] = [present, signer, owner];
