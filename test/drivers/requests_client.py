"""Calls of the Public API with requests: a line of JSON in, a line of JSON out, until the end of input."""

import json
import sys

import requests
from requests.auth import HTTPDigestAuth

sessions = {}

for line in sys.stdin:
    call = json.loads(line)
    user = (call["publicKey"], call["privateKey"])
    if user not in sessions:
        sessions[user] = requests.Session()
        sessions[user].auth = HTTPDigestAuth(*user)
    reply = sessions[user].request(
        call["method"],
        call["url"],
        json=call.get("body"),
        headers={"Content-Type": "application/json"},
    )
    answer = {"status": reply.status_code, "text": reply.text}
    print(json.dumps(answer), flush=True)
