/** Known SHA-256 digests: NIST's examples for FIPS 180-4, and every length from 0 to 1,100 bytes. */

const repeated = (byte: number, length: number) => new Uint8Array(length).fill(byte);
const ascii = (text: string) => Uint8Array.from(text, (character) => character.charCodeAt(0));

/** NIST's examples with their additional ones around the ends of blocks. */
export const NIST_EXAMPLES: readonly [message: Uint8Array, digest: string][] = [
  [ascii(''), 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'],
  [ascii('abc'), 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad'],
  [
    ascii('abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq'),
    '248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1',
  ],
  [
    ascii(
      'abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmnoijklmnopjklmnopqklmnopqrlmnopqrsmnopqrstnopqrstu',
    ),
    'cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1',
  ],
  [Uint8Array.of(0xbd), '68325720aabd7c82f30f554b313d0570c95accbb7dc4b5aae11204c08ffe732b'],
  [Uint8Array.of(0xc9, 0x8c, 0x8e, 0x55), '7abc22c0ae5af26ce93dbb94433a0e0b2e119d014f8e7f65bd56c61ccccd9504'],
  [repeated(0, 55), '02779466cdec163811d078815c633f21901413081449002f24aa3e80f0b88ef7'],
  [repeated(0, 56), 'd4817aa5497628e7c77e6b606107042bbba3130888c5f47a375e6179be789fbb'],
  [repeated(0, 57), '65a16cb7861335d5ace3c60718b5052e44660726da4cd13bb745381b235a1785'],
  [repeated(0, 64), 'f5a5fd42d16a20302798ef6ed309979b43003d2320d9f0e8ea9831a92759fb4b'],
  [repeated(0, 1000), '541b3e9daa09b20bf85fa273e5cbd3e80185aa4ec298e765db87742b70138a53'],
  [repeated(0x41, 1000), 'c2e686823489ced2017f6059b8b239318b6364f6dcd835d0a519105a1eadd6e4'],
  [repeated(0x55, 1005), 'f4d62ddec0f3dd90ea1380fa16a5ff8dc4c54b21740650f24afc4120903552b0'],
  [repeated(0x61, 1_000_000), 'cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0'],
];

/** A message of each length: byte i is 7·i + length, modulo 256. */
export const messageOfLength = (length: number): Uint8Array => Uint8Array.from({ length }, (_, i) => 7 * i + length);

/**
 * Digests of those messages, joined and hashed once more for each hundred lengths: 0 to 99, 100 to 199, … and 1,100
 * alone. Made with Python's hashlib.
 */
export const DIGESTS_BY_HUNDRED: readonly string[] = [
  '465da7a2a990758c017bb890effe9305f46b09350e4b0adee8858bafb9d2f384',
  '164cf3e7a6530bc79d51a40b9b6c93fada1a4d5e9723c4eb4d82e88d5d66cf86',
  'fdde3a0047b5bcc5d78637736c1a1ca9bd4ea31b5a4b92f91e82a6433c30abc0',
  '519e172d6f0267dfffefe93e2c2b91d8333d661a90d2aea6bd1f096567d8392d',
  '9c2c9b5c5eea71721e03e1ff77cc4a8d4783ea9d242bde6ce6b0443875a340bd',
  '19114e515d56171c0694e862070ab86f105396f5296fb0f6ec239ce19f972283',
  '2ff05d403bf94b1ca0824356d35a213b8e8b89973c644fe93ad0013cf3d27434',
  '9671379525858ff294f676a5164b18a1f377f5de253bd953e0f424152e4fbc02',
  '8abb0bb652a814960400aaf0b34cbd512efa29bf321a52476134cd7eb803c4ce',
  '2a639af67e4bdab959708be8008c1037c35fcc28c0ca9732fa3763eef79a4f80',
  'd2817d368246902ccff2b2180a2496413a785d26a81780459aa496f3c62df155',
  'a54f7e2b211610feb9fd47e11a776d9af4dbeb337509509035b450aae6f018b7',
];
