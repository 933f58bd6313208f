/** What the timestamp authority keeps beside the log's other keys. */

/** ECDSA P-256, PKCS#8 PEM, mode 0600. */
export const TIMESTAMP_KEY_FILE = 'timestamp.key';
/** PEM, leaf first, then the root. Public. */
export const TIMESTAMP_CHAIN_FILE = 'timestamp-chain.pem';
