"""Encodings that schemathesis does not know, and submissions whose signatures verify."""

import json
import os

import msgpack
import schemathesis

MSGPACK = ("application/msgpack", "application/vnd.msgpack")


@schemathesis.serializer(*MSGPACK)
def to_msgpack(_context, value):
    # Integers above 64 bits have no form in msgpack.
    return value if isinstance(value, bytes) else msgpack.packb(value, default=str)


@schemathesis.deserializer(*MSGPACK)
def from_msgpack(_context, response):
    return msgpack.unpackb(response.content)


@schemathesis.serializer("application/x-ndjson")
def to_ndjson(_context, value):
    return value if isinstance(value, bytes) else str(value).encode()


def requests_of(name):
    with open(os.environ[name], encoding="utf-8") as file:
        return json.load(file)


@schemathesis.hook
def before_add_examples(context, examples):
    operation = context.operation
    if operation.method.upper() != "POST":
        return
    if operation.path == "/api/v2/log/entries":
        bodies = [("application/json", request) for request in requests_of("COUNTERSIGN_REKOR_V2_REQUESTS")]
    elif operation.path == "/v1/entries":
        bodies = [("application/json", submission) for submission in requests_of("COUNTERSIGN_SUBMISSIONS")]
    elif operation.path == "/v1/entries:batch":
        submissions = requests_of("COUNTERSIGN_SUBMISSIONS")
        lines = "".join(json.dumps(submission) + "\n" for submission in submissions)
        bodies = [("application/x-ndjson", lines)] + [(media_type, submissions) for media_type in MSGPACK]
    else:
        return
    examples.extend(operation.Case(body=body, media_type=media_type) for media_type, body in bodies)
