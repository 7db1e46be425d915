"""Ask a mock server of a copy for the operation that was invented, and tell what it answers."""

import json
import sys

import httpx

import babou_contract
from babou_contract.mock_server import MockServer

assert babou_contract.__file__.startswith(sys.argv[1]), babou_contract.__file__
TARGET = "/api/v1/folders/fld_1/labels"
LABEL = {"text": "urgent", "shades": [{"name": "red", "share": 0.5}]}
WRONG = (
    {"json": {**LABEL, "text": ""}},
    {"json": {**LABEL, "shades": [{"name": "red", "share": 2}]}},
    {"json": LABEL, "params": {"notify": "11"}},
)

with MockServer() as server:
    right = {"Authorization": f"Bearer {server.api_key}"}
    with httpx.Client(base_url=server.base_url) as client:
        answers = [
            client.post(TARGET, json=LABEL, headers=right),
            client.post(TARGET, json=LABEL),
            *(client.post(TARGET, headers=right, **wrong) for wrong in WRONG),
        ]
sys.stdout.write(json.dumps([(answer.status_code, answer.json()) for answer in answers]))
