/**
 * Formats of credentials that the maintained rule set (`secret-rules.ts`) lacks, or looks for in certain files only:
 * those of package registries, clouds and build services, as their issuers or gitleaks (config/gitleaks.toml) give them.
 * Only what cannot well be anything else: no words such as `password`, no plain hexadecimal, no JWT, which are public in
 * many an attestation.
 */

/** By the name that a refusal calls it. None is sticky or global, so that each can be tested again and again. */
export const OWN_PATTERNS: ReadonlyMap<string, RegExp> = new Map([
  ['age', /\bAGE-SECRET-KEY-1[0-9A-Z]{58}\b/],
  ['artifactory', /\bAKCp[A-Za-z0-9]{69}\b/],
  ['atlassian', /\bATATT3[\w=-]{100,300}/],
  ['authorization-header', /\bauthorization["']?\s*[:=]\s*["']?(?:bearer|basic|token) +[\w+/=.~-]{16}/i],
  // Amazon's own example ends so.
  ['aws-access-key-id', /\b(?:AKIA|ASIA)(?![A-Z0-9]*EXAMPLE)[A-Z2-7]{16}\b/],
  [
    'aws-secret-access-key',
    /secret_?access_?key["']?\s*(?::|=>|=)\s*["']?(?!wJalrXUtnFEMI\/)[A-Za-z0-9/+=]{40}(?![A-Za-z0-9/+=])/i,
  ],
  ['azure-storage', /\bAccountKey=[A-Za-z0-9+/]{86}==/],
  ['crates.io', /\bcio[A-Za-z0-9]{32}\b/],
  ['digitalocean', /\bdo[opr]_v1_[a-f0-9]{64}\b/],
  ['gitlab', /\bgl(?:agent|cbt|dt|ft|imt|ptt|rt|soat)-[\w-]{20}/],
  ['google-api-key', /\bAIza[\w-]{35}(?![\w-])/],
  ['google-oauth', /\bGOCSPX-[\w-]{28}(?![\w-])/],
  ['npmrc', /_authToken["']?\s*[:=]\s*["']?(?!\$)[^\s"'$]{16}/],
  ['nuget', /\boy2[a-z0-9]{43}\b/],
  ['pulumi', /\bpul-[a-f0-9]{40}\b/],
  ['pypi', /\bpypi-AgE[\w-]{50}/],
  ['rubygems', /\brubygems_[a-f0-9]{48}\b/],
  ['sonarqube', /\bsq[aup]_[a-f0-9]{40}\b/],
  ['terraform', /\b[A-Za-z0-9]{14}\.atlasv1\.[\w=-]{60}/],
]);
