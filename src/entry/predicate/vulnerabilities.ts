/** Vulnerability scans: in-toto.io/attestation/vulns v0.1 and v0.2, and cosign's vuln v1, which holds a scanner's report. */
import type { VulnerabilityClaim } from './claim.ts';
import type { Fields } from './fields.ts';

/** `scanner.result`: a list of `{id}`, in v0.1 also of `{vulnerability: {id}}`. @throws ClaimFault */
export function readVulnerabilities(predicate: Fields): VulnerabilityClaim {
  const scanner = predicate.in('scanner');
  const found = scanner.objects('result').map((one) => {
    const id = one.text('id') ?? one.in('vulnerability').text('id');
    if (id === undefined) throw one.fault('names no vulnerability');
    return id;
  });
  return { ...scannedBy(scanner), found };
}

/**
 * `scanner.result` is the scanner's own report: Trivy's, Grype's or SARIF. One that is none of these is a fault, since
 * reading nothing in it would pass for finding nothing.
 * @throws ClaimFault
 */
export function readCosignVulnerabilities(predicate: Fields): VulnerabilityClaim {
  const scanner = predicate.in('scanner');
  const report = scanner.in('result');
  return { ...scannedBy(scanner), found: [...new Set(reported(report))] };
}

function scannedBy(scanner: Fields): Omit<VulnerabilityClaim, 'found'> {
  return {
    kind: 'vulnerabilities',
    scanner: scanner.text('uri'),
    databaseUpdatedOn: scanner.in('db').time('lastUpdate'),
  };
}

function reported(report: Fields): string[] {
  if (report.has('Results') || report.has('SchemaVersion')) return trivy(report);
  if (report.has('matches')) return report.objects('matches').map((one) => idOf(one.in('vulnerability'), 'id'));
  if (report.has('runs')) {
    return report.objects('runs').flatMap((run) => run.objects('results').map((one) => idOf(one, 'ruleId')));
  }
  throw report.fault('is a report of an unknown form');
}

function trivy(report: Fields): string[] {
  return report
    .objects('Results')
    .flatMap((result) => result.objects('Vulnerabilities').map((one) => idOf(one, 'VulnerabilityID')));
}

function idOf(fields: Fields, name: string): string {
  const id = fields.text(name);
  if (id === undefined) throw fields.fault(`has no ${name}`);
  return id;
}
