/**
 * Credentials that nobody ever had, made when they are asked for. They are put together from parts, so that no scanner of
 * repositories takes this file for a leak.
 */
import { randomInt } from 'node:crypto';

const DIGITS = '0123456789';
const LOWER = 'abcdefghijklmnopqrstuvwxyz';
const UPPER = LOWER.toUpperCase();
const HEX = '0123456789abcdef';
const ALNUM = LOWER + UPPER + DIGITS;
const URL_SAFE = `${ALNUM}-_`;
const BASE64 = `${ALNUM}+/`;

function some(alphabet: string, length: number): string {
  return Array.from({ length }, () => alphabet[randomInt(alphabet.length)]).join('');
}

const join = (...parts: string[]) => parts.join('');

/** By the rule that is to recognise it. What is recognised by its name comes with the name. */
export const PLANTED: Readonly<Record<string, () => string>> = {
  // Base64 of a JSON object, whose length leaves one byte over.
  '1password': () => join('op', 's_', Buffer.from(JSON.stringify({ key: some(ALNUM, 120) })).toString('base64')),
  age: () => join('AGE-', 'SECRET-KEY-1', some(UPPER + DIGITS, 58)),
  anthropic: () => join('sk-', 'ant-api03-', some(URL_SAFE, 93), 'AA'),
  artifactory: () => join('AK', 'Cp', some(ALNUM, 69)),
  atlassian: () => join('ATA', 'TT3', some(URL_SAFE, 180)),
  'authorization-header': () => join('Authorization: Bea', 'rer ', some(ALNUM, 40)),
  aws: () => join('AWS_SECRET_', 'ACCESS_KEY=', some(BASE64, 39), 'x'),
  'aws-access-key-id': () => join('AK', 'IA', some(`${UPPER}234567`, 16)),
  'aws-secret-access-key': () => join('aws_secret_', 'access_key = ', some(BASE64, 40)),
  'azure-storage': () => join('Account', 'Key=', some(BASE64, 86), '=='),
  basicauth: () => join('https://', some(LOWER, 8), ':', some(ALNUM, 16), '@git.example.com/repository.git'),
  cloudflare: () => join('cfu', 't_', some(ALNUM, 40), some(HEX, 8)),
  'crates.io': () => join('ci', 'o', some(ALNUM, 32)),
  'database-connection-string': () =>
    join('postgres://', some(LOWER, 6), ':', some(ALNUM, 14), '@db.internal.net:5432/app'),
  databricks: () => join('da', 'pi', some(HEX, 32)),
  digitalocean: () => join('do', 'p_v1_', some(HEX, 64)),
  docker: () => join('dckr', '_pat_', some(URL_SAFE, 27)),
  figma: () => join('fi', 'gd_', some(URL_SAFE, 40)),
  github: () => join('gh', 'pousr'[randomInt(5)]!, '_', some(ALNUM, 36)),
  gitlab: () => join('gl', 'pat-', some(URL_SAFE, 20)),
  'google-api-key': () => join('AI', 'za', some(URL_SAFE, 35)),
  'google-oauth': () => join('GOC', 'SPX-', some(URL_SAFE, 28)),
  grafana: () => join('gl', 'sa_', some(ALNUM, 32), '_', some(HEX, 8)),
  groq: () => join('gs', 'k_', some(ALNUM, 52)),
  'hashicorp-vault': () => join('hv', 's.', some(URL_SAFE, 95)),
  huggingface: () => join('h', 'f_', some(LOWER + UPPER, 34)),
  linear: () => join('lin_', 'api_', some(ALNUM, 40)),
  notion: () => join('nt', 'n_', some(DIGITS, 11), some(ALNUM, 35)),
  npm: () => join('np', 'm_', some(ALNUM, 36)),
  npmrc: () => join('//registry.example.com/:_auth', 'Token=', some(ALNUM, 36)),
  nuget: () => join('oy', '2', some(LOWER + DIGITS, 43)),
  openai: () => join('sk-', 'proj-', some(ALNUM, 74), 'T3Blbk', 'FJ', some(ALNUM, 74)),
  pulumi: () => join('pu', 'l-', some(HEX, 40)),
  pypi: () => join('py', 'pi-AgEIcHlwaS5vcmc', some(URL_SAFE, 140)),
  rubygems: () => join('ruby', 'gems_', some(HEX, 48)),
  sendgrid: () => join('S', 'G.', some(ALNUM, 22), '.', some(ALNUM, 43)),
  shopify: () => join('sh', 'pat_', some(HEX, 32)),
  slack: () => join('xo', 'xb-', some(DIGITS, 12), '-', some(DIGITS, 12), '-', some(ALNUM, 24)),
  sonarqube: () => join('sq', 'p_', some(HEX, 40)),
  stripe: () => join('sk_', 'live_', some(ALNUM, 24)),
  tailscale: () => join('ts', 'key-auth-', some(ALNUM, 16), '-', some(ALNUM, 32)),
  terraform: () => join(some(ALNUM, 14), '.atlas', 'v1.', some(ALNUM, 67)),
  vercel: () => join('vc', 'p_', some(ALNUM, 24)),
};
