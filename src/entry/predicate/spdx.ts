/** SPDX documents, 2.x (packages) and 3.x (a graph of elements), for the packages that they list. */
import { isObject } from '../encoding/members.ts';
import type { Dependency, SbomClaim } from './claim.ts';
import { normalDigest } from './dependency.ts';
import { Fields } from './fields.ts';

/** @throws ClaimFault */
export function readSpdx(predicate: Fields): SbomClaim {
  if (predicate.has('@graph')) {
    const packages = predicate.list('@graph').filter(isPackage);
    return {
      kind: 'sbom',
      format: 'spdx',
      components: packages.map((element) => packageV3(new Fields(element, 'element'))),
    };
  }
  if (!predicate.has('spdxVersion')) throw predicate.fault('is no SPDX document');
  return { kind: 'sbom', format: 'spdx', components: predicate.objects('packages').map(packageV2) };
}

/** SPDX 2.3 §7 */
function packageV2(fields: Fields): Dependency {
  const digests = new Map<string, string>();
  for (const checksum of fields.objects('checksums')) {
    put(digests, checksum.text('algorithm'), checksum.text('checksumValue'));
  }
  const reference = fields.objects('externalRefs').find((one) => one.text('referenceType') === 'purl');
  return { uri: reference?.text('referenceLocator'), name: fields.text('name'), digests };
}

/** SPDX 3.0, class Package of the Software profile. */
function packageV3(fields: Fields): Dependency {
  const digests = new Map<string, string>();
  for (const hash of fields.objects('verifiedUsing')) put(digests, hash.text('algorithm'), hash.text('hashValue'));
  const uri = fields.firstText('software_packageUrl', 'packageUrl') ?? identifierOf(fields);
  return { uri, name: fields.text('name'), digests };
}

function identifierOf(fields: Fields): string | undefined {
  const ofType = fields.objects('externalIdentifier').find((one) => /^pack(ag)?eurl$/i.test(typeOf(one)));
  return ofType?.text('identifier');
}

function typeOf(identifier: Fields): string {
  return identifier.text('externalIdentifierType') ?? '';
}

function isPackage(element: unknown): boolean {
  return isObject(element) && typeof element.type === 'string' && /(^|_|\/)Package$/.test(element.type);
}

/** SPDX and CycloneDX write `SHA256` and `SHA-256`; digest sets, `sha256`. SHA-3 keeps its dash's place: `sha3_256`. */
export function digestName(algorithm: string): string {
  const name = algorithm.toLowerCase().replaceAll('_', '-');
  return name.startsWith('sha3-') ? name.replace('-', '_') : name.replaceAll('-', '');
}

function put(digests: Map<string, string>, algorithm: string | undefined, value: string | undefined): void {
  if (algorithm !== undefined && value !== undefined) digests.set(digestName(algorithm), normalDigest(value));
}
