/** The configuration of a server: one closed schema, read from a YAML file. An unknown member is an error. */
import { readFileSync } from 'node:fs';
import { BlockList, isIP } from 'node:net';
import { parse } from 'yaml';
import { z } from 'zod';
import { isLogError, LogError } from '../core/errors.ts';
import { type Authority, readAuthority } from '../entry/control/authority-set.ts';
import { moment } from '../evidence/policy/document/members.ts';

const sha256Hex = z.string().regex(/^[0-9a-f]{64}$/, 'must be 64 lower-case hexadecimal digits');

const name = z.string().min(1).max(2_048);

const admissionSchema = z.strictObject({
  /** Everyone may write. */
  open: z.literal(true).optional(),
  /** Bearer tokens, stored as the SHA-256 of their text. */
  tokens: z
    .array(
      z.strictObject({
        /** Names the client in logs and limits; not secret. */
        name: z.string().regex(/^[A-Za-z0-9._-]{1,64}$/, 'must be 1 to 64 letters, digits, dots, dashes, underscores'),
        sha256: sha256Hex,
        /** Admits nobody from then on, POSIX seconds; unset: never ends by itself. */
        expires: moment.optional(),
      }),
    )
    .optional(),
  /** SHA-256 of the SubjectPublicKeyInfo of signers whose entries need no token. */
  keys: z.array(sha256Hex).optional(),
  /** Holders of certificates of trusted CAs whose entries need no token. */
  identities: z
    .array(
      z.union([
        z.strictObject({ issuer: name, san: name }),
        /** `*` stands for any text. */
        z.strictObject({ issuer: name, sanPattern: name }),
      ]),
    )
    .optional(),
});

const rate = z.strictObject({
  /** What comes back per second. */
  perSecond: z.number().positive(),
  /** What may be used at once. */
  burst: z.number().positive(),
});

const limitsSchema = z.strictObject({
  /** Write requests per client; false: not limited. */
  writes: z.union([rate, z.literal(false)]).default({ perSecond: 500, burst: 5_000 }),
  /** Bytes of write requests per client; false: not limited. */
  writeBytes: z.union([rate, z.literal(false)]).default({ perSecond: 16 * 2 ** 20, burst: 256 * 2 ** 20 }),
  /** Entries per signer, whoever submits them; false: not limited. */
  signer: z.union([rate, z.literal(false)]).default({ perSecond: 500, burst: 5_000 }),
  /** Read requests per client; generous, since a monitor must be able to outrun the log's growth. */
  reads: z.union([rate, z.literal(false)]).default({ perSecond: 5_000, burst: 20_000 }),
  /** Largest body of a single submission, bytes. */
  entryBytes: z
    .int()
    .min(1_024)
    .default(4 * 2 ** 20),
  /** Largest body of a batch, bytes. */
  batchBytes: z
    .int()
    .min(1_024)
    .default(64 * 2 ** 20),
  /** Memory for the bodies of all requests under way, bytes; at least one batch always fits. */
  bodyMemory: z
    .int()
    .min(0)
    .default(256 * 2 ** 20),
  /** Clients, and signers, whose use is remembered; the one unseen for longest is forgotten first. */
  clients: z.int().min(1).default(100_000),
  /** Open connections. */
  connections: z.int().min(1).default(4_096),
});

const network = z.string().refine((text) => parseNetwork(text) !== undefined, 'must be an IP address or CIDR network');

const sigstoreSchema = z.strictObject({
  /** Run an RFC 3161 timestamp authority, and stamp the entries that have a certificate. Unset: in development. */
  timestampAuthority: z.boolean().optional(),
  /** PEM files of CAs whose certificates are trusted, each with intermediates if it has some. */
  roots: z.array(z.string().min(1)).max(64).default([]),
  /** A Sigstore trusted root (`trusted_root.json`), whose CAs are trusted too. */
  trustedRoot: z.string().min(1).optional(),
  /** Whether entries under other certificates are logged. Unset: `trusted` as soon as CAs are. */
  accept: z.enum(['trusted', 'any']).optional(),
});

const webhookSchema = z.strictObject({
  /** Where control statements are sent to, as they take effect. No other URL is ever asked. */
  url: z.url({ protocol: /^https?$/, error: 'must be an http or https URL' }),
});

/** Who speaks for a namespace, as an `authority-set` statement says it. */
const authoritySchema = z.unknown().transform((value, context): Authority => {
  try {
    return readAuthority(value);
  } catch (error) {
    if (!isLogError(error, 'malformed_control')) throw error;
    context.addIssue({ code: 'custom', message: error.message });
    return z.NEVER;
  }
});

const configSchema = z.strictObject({
  /** Who may write. Without it, everyone who reaches a loopback listener, and nobody else. */
  admission: admissionSchema
    .refine(
      ({ open, ...lists }) => open || Object.values(lists).some((list) => list !== undefined && list.length > 0),
      {
        message: 'must hold "open: true", tokens, keys or identities',
      },
    )
    .optional(),
  limits: limitsSchema.prefault({}),
  /** Address to listen on. */
  host: z.string().min(1).optional(),
  port: z.int().min(0).max(65_535).optional(),
  /** Proxies whose X-Forwarded-For is believed. */
  trustedProxies: z.array(network).default([]),
  /** Host names that requests must be addressed to, without port; empty: any. */
  hostNames: z.array(z.string().regex(/^[a-z0-9.:[\]-]{1,253}$/)).default([]),
  storage: z
    .strictObject({
      /** Writes pause while fewer bytes are free, so that the database never fills the disk. */
      reserveBytes: z
        .int()
        .min(0)
        .default(64 * 2 ** 20),
    })
    .prefault({}),
  payloads: z
    .strictObject({
      /** What becomes of payloads that hold what looks like a credential. */
      secrets: z.enum(['refuse', 'allow']).default('refuse'),
    })
    .prefault({}),
  /** What the log does for Sigstore clients. */
  sigstore: sigstoreSchema.prefault({}),
  /** A C2SP tlog-policy file: the witnesses that are asked to cosign each checkpoint, and how many must. */
  witnessPolicy: z.string().min(1).optional(),
  /** First authorities of namespaces; those that the statement key sets in the log need not be here. */
  authorities: z.array(authoritySchema).max(1_000).default([]),
  /** Who is told of control statements. */
  webhooks: z
    .array(webhookSchema)
    .max(16)
    .refine((list) => new Set(list.map(({ url }) => url)).size === list.length, 'names a URL twice')
    .default([]),
  metrics: z
    .strictObject({ host: z.string().min(1).default('127.0.0.1'), port: z.int().min(0).max(65_535) })
    .optional(),
});

export type HttpConfig = z.output<typeof configSchema>;
export type WebhookConfig = z.output<typeof webhookSchema>;
export type AdmissionConfig = z.output<typeof admissionSchema>;
export type LimitsConfig = z.output<typeof limitsSchema>;

/**
 * Checks a configuration and fills in what it leaves out.
 * @throws LogError config_invalid, `at` naming the member
 */
export function parseConfig(value: unknown): HttpConfig {
  const parsed = configSchema.safeParse(value ?? {});
  if (parsed.success) return checkTrust(parsed.data);
  const issue = parsed.error.issues[0];
  const at = issue?.path.join('.') || 'the top level';
  throw new LogError('config_invalid', `the configuration is wrong at ${at}: ${issue?.message ?? 'not readable'}`, {
    at,
  });
}

/** What rests on trusted certificates needs CAs that are trusted. @throws LogError config_invalid */
function checkTrust(config: HttpConfig): HttpConfig {
  const { roots, trustedRoot, accept } = config.sigstore;
  if (roots.length > 0 || trustedRoot !== undefined) return config;
  const identities = (config.admission?.identities?.length ?? 0) > 0;
  if (!identities && accept !== 'trusted') return config;
  const at = identities ? 'admission.identities' : 'sigstore.accept';
  throw new LogError(
    'config_invalid',
    `the configuration is wrong at ${at}: it needs CAs that are trusted, sigstore.roots or sigstore.trustedRoot`,
    { at },
  );
}

/**
 * Reads a YAML configuration file.
 * @throws LogError file_unreadable, config_invalid
 */
export function loadConfig(file: string): HttpConfig {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (cause) {
    throw new LogError('file_unreadable', 'the configuration file cannot be read', { cause });
  }
  let value: unknown;
  try {
    value = parse(text, { maxAliasCount: 0, strict: true, uniqueKeys: true });
  } catch (cause) {
    const line = (cause as { linePos?: [{ line: number }] }).linePos?.[0].line;
    const at = line === undefined ? {} : { at: `line ${line}` };
    throw new LogError('config_invalid', `the configuration is not YAML${line ? `, line ${line}` : ''}`, {
      cause,
      ...at,
    });
  }
  return parseConfig(value);
}

/** What `serve --dev` uses: everyone on this machine may write, and nothing is limited but the size of bodies. */
export function developmentConfig(): HttpConfig {
  return parseConfig({
    admission: { open: true },
    limits: { writes: false, writeBytes: false, signer: false, reads: false },
  });
}

/**
 * Writes are admitted, never anonymous by accident: a listener beyond loopback needs an admission section.
 * @throws LogError admission_missing
 */
export function assertAdmission(host: string, config: Pick<HttpConfig, 'admission'>): void {
  if (config.admission !== undefined || isLoopback(host)) return;
  throw new LogError(
    'admission_missing',
    'listening beyond loopback needs an "admission" section in the configuration: tokens, keys, identities, or "open: true"',
  );
}

function isLoopback(host: string): boolean {
  if (host === 'localhost') return true;
  const address = host.replace(/^\[|\]$/g, '');
  const family = isIP(address);
  if (family === 0) return false;
  return LOOPBACK.check(address, family === 4 ? 'ipv4' : 'ipv6');
}

const LOOPBACK = new BlockList();
LOOPBACK.addSubnet('127.0.0.0', 8, 'ipv4');
LOOPBACK.addAddress('::1', 'ipv6');

/** Reads `address` or `address/prefix`; undefined for anything else. */
export function parseNetwork(text: string): { address: string; prefix: number; family: 'ipv4' | 'ipv6' } | undefined {
  const [address = '', prefixText, ...rest] = text.split('/');
  const version = isIP(address);
  if (version === 0 || rest.length > 0 || address.includes('%')) return undefined;
  const bits = version === 4 ? 32 : 128;
  if (prefixText !== undefined && !/^(0|[1-9]\d{0,2})$/.test(prefixText)) return undefined;
  const prefix = prefixText === undefined ? bits : Number(prefixText);
  return prefix <= bits ? { address, prefix, family: version === 4 ? 'ipv4' : 'ipv6' } : undefined;
}
