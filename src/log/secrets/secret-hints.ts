/**
 * A quick look for what every recognised credential begins with or holds, so that the rules themselves, some fifty passes
 * over the text, run on next to no payload. Whatever a rule recognises must be hinted at here: a test has a sample of each.
 */

/** What text around a credential looks like. Precise enough that ordinary provenance has none. */
const HINT = new RegExp(
  [
    // A prefix that ends with an underscore.
    '_[\\w.+/-]{16}(?<=(?:gh[pousr]|[br]_pat|npm|hp(?:pa|ca|at|ss)|k_(?:live|test)|gl(?:c|sa)|gsk|hf|n_api|ntn|ops|' +
      'vc[piark]|figd|cf(?:k|ut|at)|bygems|_v1|sq[aup])_.{16})',
    'x(?:ox[abopr]|app)-|tskey-|gl(?:pat|agent|cbt|dt|ft|imt|ptt|rt|soat)-|sk-ant-|pypi-AgE|pul-[a-f0-9]{40}|GOCSPX-',
    '(?:SG|hv[bsr]|atlasv1)\\.[\\w-]{16}',
    'A(?:(?:KIA|SIA)[A-Z2-7]{16}|Iza[\\w-]{35}|TATT3|KCp[A-Za-z0-9]{69}|ccountKey=)|T3BlbkFJ|SECRET-KEY-',
    'dapi[A-Fa-f0-9]{32}|cio[A-Za-z0-9]{32}|oy2[a-z0-9]{43}',
    '(?:SECRET|[Ss]ecret)_?(?:ACCESS|[Aa]ccess)_?(?:KEY|[Kk]ey)|_authToken|hooks\\.slack',
    '(?:[Bb](?:earer|EARER|asic|ASIC)|[Tt](?:oken|OKEN)) +[\\w+/=.~-]{16}',
    // A URL with a password; JSON may escape its slashes.
    ':\\\\?/\\\\?/[^:/\\s"\\\\]{1,256}:[^@/\\s"\\\\]{1,256}@',
  ].join('|'),
  'g',
);

/** Where in a text the next hint is, from a position on; undefined where there is none. */
export function nextHint(text: string, from: number): number | undefined {
  HINT.lastIndex = from;
  return HINT.exec(text)?.index;
}

/** Four bytes that each hint has, but for those of `UNANCHORED` and URLs. */
const ANCHORS =
  'ghp_|gho_|ghu_|ghs_|ghr_|pat_|npm_|ppa_|pca_|pss_|k_li|k_te|glc_|lsa_|gsk_|n_ap|ntn_|ops_|vcp_|vci_|vca_|vcr_|vck_|' +
  'igd_|cfk_|fut_|fat_|ems_|_v1_|sqa_|squ_|sqp_|oxa-|oxb-|oxo-|oxp-|oxr-|xapp|lpat|lage|lcbt|ldt-|lft-|limt|lptt|lrt-|' +
  'soat|k-an|tske|-AgE|pul-|GOCS|hvb.|hvs.|hvr.|lasv|AKIA|ASIA|AIza|TATT|AKCp|tKey|T3Bl|dapi|SECR|ecre|_aut|ooks|rer |' +
  'RER |sic |SIC |ken |KEN ';

/** Too short at their beginning for four bytes. */
const UNANCHORED = /hf_[a-zA-Z]{34}|SG\.\w|oy2[a-z0-9]{43}|cio[A-Za-z0-9]{32}/;

const ANCHOR_LENGTH = 4;
/** How far text around an anchor may belong to its hint. */
const AROUND_ANCHOR = 160;

/**
 * The search for all anchors at once (Wu and Manber 1994): by the last two bytes of a window of four, how far the window
 * may move on without passing over an anchor. Most often by three.
 */
const shifts = new Uint8Array(0x1_0000).fill(ANCHOR_LENGTH - 1);
/** By the window's first two bytes: whether an anchor begins so. */
const heads = new Uint8Array(0x1_0000);
const anchors = new Set<number>();

for (const anchor of ANCHORS.split('|')) {
  const bytes = Array.from({ length: ANCHOR_LENGTH }, (_, i) => anchor.charCodeAt(i));
  for (let end = 1; end < ANCHOR_LENGTH; end++) {
    const pair = pairOf(bytes, end);
    shifts[pair] = Math.min(shifts[pair]!, ANCHOR_LENGTH - 1 - end);
  }
  heads[pairOf(bytes, 1)] = 1;
  anchors.add(windowOf(bytes, ANCHOR_LENGTH - 1));
}

function pairOf(bytes: ArrayLike<number>, end: number): number {
  return (bytes[end - 1]! << 8) | bytes[end]!;
}

function windowOf(bytes: ArrayLike<number>, end: number): number {
  return (pairOf(bytes, end - 2) << 16) | pairOf(bytes, end);
}

/** Before an `@`, the rest of a URL with a password. */
const PASSWORD_BEFORE = /(?<=:\\?\/\\?\/[^:/\s"\\]{1,256}:[^@/\s"\\]{1,256})@/y;

/** Letters, digits and signs that no writer of JSON has to escape, escaped: a text that has them may hide anything. */
const NEEDLESS_ESCAPE = /\\u00(?:2[def]|3[0-9a]|4[0-9a-f]|5[0-9af]|6[1-9a-f]|7[0-9a])/i;

/**
 * True where a payload, or what it says once its JSON is read, may hold a credential.
 * @param text the payload's bytes, a character each
 */
export function mayHoldSecret(payload: Uint8Array, text: string): boolean {
  return (
    holdsAnchoredHint(payload, text) ||
    UNANCHORED.test(text) ||
    holdsPassword(text) ||
    (text.includes('\\u00') && NEEDLESS_ESCAPE.test(text))
  );
}

function holdsAnchoredHint(bytes: Uint8Array, text: string): boolean {
  const { length } = bytes;
  let end = ANCHOR_LENGTH - 1;
  while (end < length) {
    const shift = shifts[pairOf(bytes, end)]!;
    if (shift > 0) {
      end += shift;
      continue;
    }
    if (heads[pairOf(bytes, end - 2)] === 1 && anchors.has(windowOf(bytes, end))) {
      const around = text.slice(Math.max(0, end - AROUND_ANCHOR), end + AROUND_ANCHOR);
      if (nextHint(around, 0) !== undefined) return true;
    }
    end++;
  }
  return false;
}

function holdsPassword(text: string): boolean {
  for (let at = text.indexOf('@'); at >= 0; at = text.indexOf('@', at + 1)) {
    PASSWORD_BEFORE.lastIndex = at;
    if (PASSWORD_BEFORE.test(text)) return true;
  }
  return false;
}
