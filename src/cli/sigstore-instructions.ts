/** How the files for Sigstore clients are handed to them: commands to paste, and what is missing for which client. */
import type { LogServices } from '../client/log-services.ts';
import type { Services } from '../entry/trust/sigstore-trust.ts';
import { isDevelopmentOrigin } from '../log/identity.ts';
import type { OtherServices } from './sigstore-services.ts';

export interface SigstoreFiles {
  trustedRoot: string;
  signingConfig: string;
  clientTrustConfig: string;
}

/** What the instructions depend on. */
export interface Configured extends LogServices {
  origin: string;
  url: string;
  files: SigstoreFiles;
  others: OtherServices;
  services: Services;
}

/** The text for people, and the notes in it for programs. */
export function sigstoreInstructions(configured: Configured): { text: string; notes: string[] } {
  const notes = notesOn(configured);
  const { fulcio } = configured.others;
  const sections = [
    summary(configured),
    ...notes.map((note) => wrap(`note: ${note}`)),
    cosignWithKey(configured.files),
    ...(fulcio === undefined ? [] : [cosignKeyless(configured), sigstoreJs(configured), sigstorePython(configured)]),
  ];
  return { text: sections.join('\n\n'), notes };
}

function summary({ origin, files, others, services }: Configured): string {
  const versions = services.logs.map(({ majorApiVersion }) => `v${majorApiVersion}`).join(', then ');
  const [log] = services.logs;
  const [timestamps] = services.timestampAuthorities;
  const lines = [
    ['log', `${origin}, written to at ${log!.url} (Rekor API ${versions})`],
    ['timestamps', timestamps === undefined ? 'none' : `${timestamps.url}${others.tsa ? '' : " (the log's own)"}`],
    ['certificates', others.fulcio?.uri ?? 'none: sign with a key'],
    ...(others.oidc === undefined ? [] : [['identities', others.oidc]]),
    ...Object.values(files).map((path: string) => ['wrote', path]),
  ];
  return lines.map(([name, value]) => `${name!.padEnd(13)} ${value}`).join('\n');
}

function notesOn(configured: Configured): string[] {
  const { origin, url, others, services } = configured;
  const notes: string[] = [];
  if (configured.frozen) {
    notes.push('the log is frozen: what it holds can be verified, and nothing can be signed any more.');
  }
  const host = new URL(url).hostname;
  if (host !== origin) {
    notes.push(
      `clients compare the name under a checkpoint, ${origin}, with the host of the log's base URL. So trusted_root.json ` +
        `names https://${origin}, from which nothing is fetched, and signing_config.json the address that works, ${url}. ` +
        (isDevelopmentOrigin(origin)
          ? 'A log that others are to use wants its host name from the start: countersign init --origin HOST.'
          : `Where you can, reach the log at https://${origin}: tools that know it by its URL alone refuse it otherwise.`),
    );
  }
  const { fulcio, ctKey } = others;
  if (fulcio === undefined) {
    notes.push(
      'without --fulcio and --fulcio-chain there are no certificates: cosign can sign with a key; sigstore-js and sigstore-python cannot sign.',
    );
  } else if (ctKey === undefined) {
    notes.push(
      'without --ct-key nobody can check that certificates were logged: cosign needs --insecure-ignore-sct, sigstore-js ctlogThreshold: 0, and sigstore-python refuses the files.',
    );
  }
  if (fulcio !== undefined && services.timestampAuthorities.length === 0 && services.logs[0]!.majorApiVersion === 2) {
    notes.push(
      'nobody gives timestamps: an entry of Rekor API v2 with a certificate can be verified nowhere without one. Switch the log’s timestamp authority on, or give --tsa and --tsa-chain.',
    );
  }
  return notes;
}

function cosignWithKey({ signingConfig, trustedRoot }: SigstoreFiles): string {
  const root = `--trusted-root ${quoted(trustedRoot)}`;
  return commands('cosign, with a key:', [
    `cosign sign-blob --key cosign.key --signing-config ${quoted(signingConfig)} ${root} --bundle artifact.sigstore.json -y artifact`,
    `cosign verify-blob --key cosign.pub ${root} --bundle artifact.sigstore.json artifact`,
  ]);
}

function cosignKeyless({ files, others }: Configured): string {
  const trustedRoot = `--trusted-root ${quoted(files.trustedRoot)}`;
  const sct = others.ctKey === undefined ? ' --insecure-ignore-sct' : '';
  return commands('cosign, with a certificate:', [
    `cosign sign-blob --signing-config ${quoted(files.signingConfig)} ${trustedRoot} --identity-token "$TOKEN" --bundle artifact.sigstore.json -y artifact`,
    `cosign verify-blob ${trustedRoot}${sct} ${identity('--certificate-identity', '--certificate-oidc-issuer', others)} --bundle artifact.sigstore.json artifact`,
  ]);
}

function sigstoreJs({ files, others }: Configured): string {
  const thresholds = others.ctKey === undefined ? ', { ctlogThreshold: 0 }' : '';
  return commands('sigstore-js (@sigstore/sign, @sigstore/verify, @sigstore/protobuf-specs):', [
    `const signingConfig = SigningConfig.fromJSON(JSON.parse(readFileSync(${JSON.stringify(files.signingConfig)})));`,
    `const builder = bundleBuilderFromSigningConfig({ signingConfig, identityProvider, bundleType: 'messageSignature' });`,
    `const trustedRoot = TrustedRoot.fromJSON(JSON.parse(readFileSync(${JSON.stringify(files.trustedRoot)})));`,
    `const verifier = new Verifier(toTrustMaterial(trustedRoot)${thresholds});`,
  ]);
}

function sigstorePython({ files, others }: Configured): string {
  const config = `--trust-config ${quoted(files.clientTrustConfig)}`;
  return commands('sigstore-python:', [
    `sigstore ${config} sign --identity-token "$TOKEN" --bundle artifact.sigstore.json artifact`,
    `sigstore ${config} verify identity ${identity('--cert-identity', '--cert-oidc-issuer', others)} --bundle artifact.sigstore.json artifact`,
  ]);
}

function identity(name: string, issuer: string, { oidc }: OtherServices): string {
  return `${name} NAME ${issuer} ${oidc === undefined ? 'ISSUER' : quoted(oidc)}`;
}

function commands(title: string, lines: readonly string[]): string {
  return [title, ...lines.map((line) => `  ${line}`)].join('\n');
}

/** For a POSIX shell. */
function quoted(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}

/** Notes are prose: lines of a width that can be read. */
function wrap(text: string): string {
  const lines = [''];
  for (const word of text.split(' ')) {
    const line = lines.at(-1)!;
    if (line.length + word.length < 110) lines[lines.length - 1] = line === '' ? word : `${line} ${word}`;
    else lines.push(`      ${word}`);
  }
  return lines.join('\n');
}
