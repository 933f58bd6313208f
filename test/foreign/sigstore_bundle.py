"""Reads a bundle on stdin as sigstore-python does, and prints what it found there as JSON."""

import base64
import json
import sys

from sigstore.models import Bundle

bundle = Bundle.from_json(sys.stdin.buffer.read())
entry = bundle.log_entry._inner
signer = bundle.signing_certificate.subject.rfc4514_string()
print(
    json.dumps(
        {
            "signer": signer,
            "signature": base64.b64encode(bundle.signature).decode(),
            "logIndex": entry.log_index,
            "treeSize": entry.inclusion_proof.tree_size,
            "kind": entry.kind_version.kind,
            "checkpoint": entry.inclusion_proof.checkpoint.envelope,
        }
    )
)
