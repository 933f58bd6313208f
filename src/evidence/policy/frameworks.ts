/** Which controls of others the rules bear on. `docs/policy.md` and reports are printed from this table. */

export interface Control {
  readonly id: string;
  readonly title: string;
  /** Rules by id. A control is borne on by them, and is rarely all met by rules. */
  readonly rules: readonly string[];
}

export interface Framework {
  readonly id: string;
  readonly title: string;
  readonly controls: readonly Control[];
}

const CONSISTENT = [
  'repository',
  'repositoryId',
  'commit',
  'ref',
  'trigger',
  'runner',
  'invocation',
  'environment',
].map((fact) => `consistent.${fact}`);

const REVOCATION = ['revocation.artifact', 'revocation.evidence', 'log.fresh', 'logged.complete'];

const OWASP_NHI: Framework = {
  id: 'owasp-nhi',
  title: 'OWASP Non-Human Identities Top 10 (2025)',
  controls: [
    { id: 'NHI1', title: 'Improper Offboarding', rules: [...REVOCATION, 'policy.expires'] },
    {
      id: 'NHI2',
      title: 'Secret Leakage',
      rules: ['keys.ephemeral', 'continuity.provenance', 'rate.identity', 'logged.min-age'],
    },
    {
      id: 'NHI3',
      title: 'Vulnerable Third-Party NHI',
      rules: [
        'dependencies.tainted',
        'dependencies.pipeline',
        'dependencies.attested',
        'dependencies.source',
        'dependencies.pin-set',
        'source.tag',
        'attest.findings',
      ],
    },
    {
      id: 'NHI4',
      title: 'Insecure Authentication',
      rules: ['signature.present', 'signature.signer', 'provenance.signer', ...CONSISTENT],
    },
    {
      id: 'NHI5',
      title: 'Overprivileged NHI',
      rules: ['provenance.builder', 'provenance.ref', 'provenance.workflow', 'provenance.trigger', 'approvals.count'],
    },
    {
      id: 'NHI6',
      title: 'Insecure Cloud Deployment Configurations',
      rules: ['provenance.environment', 'provenance.parameters', 'provenance.runner'],
    },
    { id: 'NHI7', title: 'Long-Lived Secrets', rules: ['keys.ephemeral'] },
    {
      id: 'NHI8',
      title: 'Environment Isolation',
      rules: ['provenance.environment', 'separation.build-config', 'provenance.runner'],
    },
    { id: 'NHI9', title: 'NHI Reuse', rules: ['keys.reuse', 'separation.signers'] },
    { id: 'NHI10', title: 'Human Use of NHI', rules: ['signature.owner', 'provenance.trigger', 'source.activity'] },
  ],
};

const NIST_CSF: Framework = {
  id: 'nist-csf',
  title: 'NIST Cybersecurity Framework 2.0',
  controls: [
    {
      id: 'GV.PO-02',
      title: 'Policy is reviewed, updated, communicated, and enforced',
      rules: ['policy.expires', 'policy.applies'],
    },
    {
      id: 'GV.RR-02',
      title: 'Roles, responsibilities, and authorities are established',
      rules: ['signature.owner', 'approvals.count'],
    },
    {
      id: 'GV.SC-05',
      title: 'Requirements to address supply chain risks are established and prioritized',
      rules: ['provenance.level', 'source.level', 'source.properties', 'dependencies.attested', 'attest.present'],
    },
    {
      id: 'GV.SC-07',
      title: 'Risks posed by suppliers and their products are monitored',
      rules: ['dependencies.tainted', 'continuity.provenance'],
    },
    {
      id: 'ID.AM-02',
      title: 'Inventories of software are maintained',
      rules: ['attest.present', 'attest.fresh', 'dependencies.pin-set'],
    },
    {
      id: 'ID.RA-01',
      title: 'Vulnerabilities are identified, validated, and recorded',
      rules: ['attest.findings', 'attest.fresh'],
    },
    {
      id: 'ID.RA-09',
      title: 'Authenticity and integrity of software are assessed before use',
      rules: [
        ...['signature.present', 'signature.signer', 'provenance.present', 'provenance.builder', 'provenance.signer'],
        ...['provenance.reproduced', 'log.origin', ...CONSISTENT],
      ],
    },
    {
      id: 'PR.AA-01',
      title: 'Identities and credentials are managed',
      rules: ['keys.ephemeral', 'keys.reuse', 'revocation.evidence'],
    },
    {
      id: 'PR.AA-03',
      title: 'Users, services, and hardware are authenticated',
      rules: ['signature.signer', 'provenance.signer'],
    },
    {
      id: 'PR.AA-05',
      title: 'Access permissions incorporate least privilege and separation of duties',
      rules: ['separation.build-config', 'separation.signers', 'approvals.count', 'provenance.environment'],
    },
    {
      id: 'PR.PS-05',
      title: 'Installation and execution of unauthorized software are prevented',
      rules: ['dependencies.registries', 'dependencies.inputs', 'provenance.repository', 'revocation.artifact'],
    },
    {
      id: 'PR.PS-06',
      title: 'Secure software development practices are integrated',
      rules: [
        ...['source.attested', 'source.level', 'source.properties', 'source.activity', 'source.gated', 'source.tagged'],
        ...['attest.result', 'provenance.workflow', 'provenance.buildType', 'provenance.parameters'],
      ],
    },
    {
      id: 'DE.CM-06',
      title: 'External service provider activities are monitored',
      rules: ['rate.identity', 'log.witnesses'],
    },
    {
      id: 'DE.CM-09',
      title: 'Hardware, software, and runtime are monitored',
      rules: ['source.tag', 'continuity.provenance', 'provenance.runner'],
    },
    {
      id: 'RS.MI-01',
      title: 'Incidents are contained',
      rules: [...REVOCATION, 'dependencies.tainted', 'logged.min-age'],
    },
  ],
};

const SLSA: Framework = {
  id: 'slsa',
  title: 'SLSA 1.2',
  controls: [
    { id: 'Build L1', title: 'Provenance exists', rules: ['provenance.present'] },
    {
      id: 'Build L2',
      title: 'Hosted build platform, signed provenance',
      rules: ['provenance.builder', 'provenance.signer', 'provenance.level', 'provenance.runner'],
    },
    {
      id: 'Build L3',
      title: 'Hardened builds',
      rules: ['provenance.level', 'separation.build-config', 'keys.ephemeral', ...CONSISTENT],
    },
    {
      id: 'Verify 1',
      title: 'Check signer and builder',
      rules: ['signature.present', 'signature.signer', 'provenance.builder', 'provenance.signer'],
    },
    {
      id: 'Verify 2',
      title: 'Check expectations',
      rules: [
        ...[
          'provenance.repository',
          'provenance.ref',
          'provenance.workflow',
          'provenance.trigger',
          'provenance.environment',
        ],
        ...['provenance.parameters', 'provenance.buildType', 'policy.applies'],
      ],
    },
    {
      id: 'Verify 3',
      title: 'Check dependencies',
      rules: ['dependencies.attested', 'dependencies.source', 'dependencies.inputs', 'dependencies.tainted'],
    },
    { id: 'Build reproduced', title: 'SLSA_BUILD_REPRODUCED', rules: ['provenance.reproduced'] },
    { id: 'Source L1', title: 'Version controlled', rules: ['source.attested', 'source.level'] },
    {
      id: 'Source L2',
      title: 'History and provenance',
      rules: ['source.level', 'source.activity', 'source.tag', 'source.tagged'],
    },
    { id: 'Source L3', title: 'Continuous technical controls', rules: ['source.level', 'source.properties'] },
    { id: 'Source L4', title: 'Two-party review', rules: ['source.level', 'source.properties', 'approvals.count'] },
    {
      id: 'Dependency (draft)',
      title: 'Inventory, triage, controlled locations',
      rules: ['attest.present', 'attest.findings', 'dependencies.registries', 'dependencies.pin-set'],
    },
  ],
};

export const FRAMEWORKS: readonly Framework[] = [OWASP_NHI, NIST_CSF, SLSA];
