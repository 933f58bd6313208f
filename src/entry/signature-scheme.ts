/** The signature schemes that the log accepts, named as Sigstore's `PublicKeyDetails` names them. */
export type HashAlgorithm = 'SHA2_256' | 'SHA2_384' | 'SHA2_512';

/** One key type with exactly its own hash and padding. */
export interface SignatureScheme {
  readonly keyDetails: KeyDetails;
  readonly algorithm: 'ecdsa' | 'rsa-pkcs1v15' | 'rsa-pss' | 'ed25519' | 'ed25519ph';
  readonly hash: HashAlgorithm;
}

export type KeyDetails =
  | 'PKIX_ECDSA_P256_SHA_256'
  | 'PKIX_ECDSA_P384_SHA_384'
  | 'PKIX_ECDSA_P521_SHA_512'
  | 'PKIX_RSA_PKCS1V15_2048_SHA256'
  | 'PKIX_RSA_PKCS1V15_3072_SHA256'
  | 'PKIX_RSA_PKCS1V15_4096_SHA256'
  | 'PKIX_RSA_PSS_2048_SHA256'
  | 'PKIX_RSA_PSS_3072_SHA256'
  | 'PKIX_RSA_PSS_4096_SHA256'
  | 'PKIX_ED25519'
  | 'PKIX_ED25519_PH';
