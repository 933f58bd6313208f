/** `countersign sigstore-config`: the files that make Sigstore clients sign against a log and verify from it. */
import { lstat, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type LogServices, proveNamed, readGenesis, readLogServices } from '../client/log-services.ts';
import { concat, utf8 } from '../core/bytes.ts';
import { LogError } from '../core/errors.ts';
import { sha256 } from '../core/hash.ts';
import { NOTE_ED25519, parseVerifierKey } from '../core/note.ts';
import { parsePublicKey } from '../entry/keys/public-key.ts';
import {
  type Authority,
  clientTrustConfigDocument,
  type LogInstance,
  type Services,
  signingConfigDocument,
  type Trust,
  trustedRootDocument,
} from '../entry/trust/sigstore-trust.ts';
import { ed25519Spki } from '../log/native/ed25519-spki.ts';
import { EXIT, type ExitCode } from './exit.ts';
import { isMissing, replaceFile, unwritable } from './files.ts';
import { type Output, writeResult } from './output.ts';
import { connect, type RemoteOptions } from './remote.ts';
import { type SigstoreFiles, sigstoreInstructions } from './sigstore-instructions.ts';
import { type OtherServices, readOtherServices, type ServiceOptions, serviceUrl } from './sigstore-services.ts';

export interface SigstoreConfigOptions extends RemoteOptions, ServiceOptions {
  /** Directory for the files; made where it does not exist. */
  out: string;
  /** Replace files that are there already. */
  force?: true;
  /** The only version of Rekor's API that signers are to use. */
  rekorApi?: '1' | '2';
}

/** A log, as far as Sigstore clients are concerned. */
interface FoundLog extends LogServices {
  origin: string;
  /** Where it is reached, without a slash at the end. */
  url: string;
  checkpointKey: LogInstance;
}

export async function runSigstoreConfig(options: SigstoreConfigOptions, output: Output): Promise<ExitCode> {
  const others = await readOtherServices(options);
  const files = filesIn(options.out);
  if (!options.force) await assertAbsent(files);
  const log = await askLog(options, output);
  const trust = trustOf(log, others);
  const services = servicesOf(log, others, options.rekorApi);
  await writeDocuments(options.out, files, trust, services);
  const { text, notes } = sigstoreInstructions({ ...log, files, others, services });
  const timestampAuthority = services.timestampAuthorities[0]?.url;
  const rekorApi = services.logs.map(({ majorApiVersion }) => majorApiVersion);
  const { origin, url } = log;
  writeResult(output, { files, origin, url, rekorApi, timestampAuthority, notes }, text);
  return EXIT.done;
}

/** @throws LogError what the log answers; answer_unexpected where it contradicts itself */
async function askLog(options: SigstoreConfigOptions, output: Output): Promise<FoundLog> {
  const { signal } = output.io;
  const client = await connect(options, output.io);
  const url = serviceUrl('--url', options.url ?? '');
  const info = await client.logInfoUnverified({ signal });
  const genesis = await readGenesis(client, { signal });
  if (genesis.checkpointKey !== (options.logKey ?? info.verifierKey)) {
    throw new LogError('answer_unexpected', 'the first entry of the log names another key than it signs with');
  }
  const services = readLogServices(info);
  await proveNamed(client, services.keys, genesis, { signal });
  const { origin } = genesis;
  const { publicKey } = parseVerifierKey(genesis.checkpointKey);
  // Tools of the kind that only compare host names are content with the URL itself where its host is the origin.
  const baseUrl = new URL(url).hostname === origin ? url : `https://${origin}`;
  return {
    ...services,
    ...{ origin, url },
    checkpointKey: {
      baseUrl,
      key: parsePublicKey(new Uint8Array(ed25519Spki(publicKey))),
      logId: sha256(concat(utf8(`${origin}\n`), Uint8Array.of(NOTE_ED25519), publicKey)),
      start: genesis.time,
    },
  };
}

function trustOf(log: FoundLog, { fulcio, ctKey, tsa }: OtherServices): Trust {
  const { checkpointKey, rekorV1 } = log;
  return {
    // The older log first: sigstore-browser checks promises, which only that one makes, under the first key alone.
    tlogs: rekorV1 === undefined ? [checkpointKey] : [{ ...checkpointKey, ...keyedBySpki(rekorV1) }, checkpointKey],
    certificateAuthorities: fulcio === undefined ? [] : [fulcio],
    ctlogs:
      ctKey === undefined || fulcio === undefined
        ? []
        : // Nothing says where the CT log is, and nobody asks it; its key is Fulcio's word.
          [{ baseUrl: fulcio.uri, ...keyedBySpki(ctKey), start: fulcio.chain[0].notBefore }],
    // The log's own as well where signers ask another: the log stamps entries when they are logged, and sigstore-js
    // refuses a bundle for one timestamp that it cannot check.
    timestampAuthorities: [...(tsa === undefined ? [] : [tsa]), ...ownTimestampAuthority(log)],
  };
}

const keyedBySpki = (key: LogInstance['key']) => ({ key, logId: key.spkiHash });

function ownTimestampAuthority({ timestampAuthority: own, url }: FoundLog): Authority[] {
  return own === undefined ? [] : [{ uri: url + own.path, chain: own.chain }];
}

/** @throws LogError usage where the log has no such API */
function servicesOf(log: FoundLog, others: OtherServices, rekorApi: '1' | '2' | undefined): Services {
  const { origin, url, rekorV1 } = log;
  const { start } = log.checkpointKey;
  const at = (address: string, operator: string, since: number, majorApiVersion = 1) => {
    return { url: address, majorApiVersion, start: since, operator };
  };
  const asked = others.tsa === undefined ? ownTimestampAuthority(log) : [others.tsa];
  const timestampAuthorities = asked.map(({ uri, chain }) => at(uri, new URL(uri).hostname, chain[0].notBefore));
  const { fulcio, oidc } = others;
  const since = fulcio?.chain[0].notBefore ?? start;
  const versions = versionsFor(rekorV1 !== undefined, timestampAuthorities.length > 0, rekorApi);
  return {
    certificateAuthorities: fulcio === undefined ? [] : [at(fulcio.uri, new URL(fulcio.uri).hostname, since)],
    identityProviders: oidc === undefined ? [] : [at(oidc, new URL(oidc).hostname, since)],
    logs: versions.map((version) => at(url, origin, start, version)),
    timestampAuthorities,
  };
}

/**
 * Versions of Rekor's API, most wanted first: the newest, unless nobody gives timestamps, without which an entry of the
 * second version that has a certificate can be verified nowhere.
 */
function versionsFor(hasV1: boolean, hasTimestamps: boolean, only: '1' | '2' | undefined): number[] {
  if (only === '1' && !hasV1) throw new LogError('usage', 'the log has no door for version 1 of the Rekor API');
  if (only !== undefined) return [Number(only)];
  if (!hasV1) return [2];
  return hasTimestamps ? [2, 1] : [1];
}

function filesIn(folder: string): SigstoreFiles {
  return {
    trustedRoot: join(folder, 'trusted_root.json'),
    signingConfig: join(folder, 'signing_config.json'),
    clientTrustConfig: join(folder, 'client_trust_config.json'),
  };
}

/** @throws LogError usage, file_unreadable */
async function assertAbsent(files: SigstoreFiles): Promise<void> {
  for (const path of Object.values(files) as string[]) {
    const isThere = await lstat(path).then(
      () => true,
      (error) => {
        if (isMissing(error)) return false;
        throw unwritable(path, error);
      },
    );
    if (isThere) throw new LogError('usage', `${path} is there already; --force replaces it`);
  }
}

async function writeDocuments(folder: string, files: SigstoreFiles, trust: Trust, services: Services): Promise<void> {
  await mkdir(folder, { recursive: true }).catch((cause) => {
    throw unwritable(folder, cause);
  });
  const write = (path: string, document: unknown) => replaceFile(path, `${JSON.stringify(document, undefined, 2)}\n`);
  await write(files.trustedRoot, trustedRootDocument(trust));
  await write(files.signingConfig, signingConfigDocument(services));
  await write(files.clientTrustConfig, clientTrustConfigDocument(trust, services));
}
