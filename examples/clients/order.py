#!/usr/bin/env python3
"""Drives order.rtfs over the protocol of RTFS. Needs nothing but Python.

What was done stands in the ledger, a line for each call with its idempotency key; where the run stands is in the state file. So this
program, and the server, may be stopped at any moment: started again it goes on, and nothing is done twice.

Exit codes: 0 the run is over, 3 it is not (--steps), 1 something is wrong.
"""
import argparse
import json
import os
import sys
import urllib.error
import urllib.request

PLAN = os.path.join(os.path.dirname(os.path.abspath(__file__)), "order.rtfs")
PRICES = {"lamp": 89, "chair": 45}


class Server:
    def __init__(self, url, token):
        self.url = url
        self.token = token

    def ask(self, method, **params):
        body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params}).encode()
        headers = {"Content-Type": "application/json", "Authorization": "Bearer " + self.token}
        request = urllib.request.Request(self.url, data=body, headers=headers)
        try:
            with urllib.request.urlopen(request, timeout=60) as response:
                reply = json.load(response)
        except urllib.error.HTTPError as problem:
            reply = json.load(problem)
        if "error" in reply:
            raise SystemExit("%(code)s: %(message)s" % reply["error"])
        return reply["result"]


class Ledger:
    """What was done in the world, by key: what is in it is not done again."""

    def __init__(self, path):
        self.path = path
        self.answers = {}
        if os.path.exists(path):
            with open(path, encoding="utf-8") as lines:
                self.answers = {entry["key"]: entry["answer"] for entry in map(json.loads, lines)}

    def carry_out(self, call):
        key = call["idempotencyKey"]
        if key not in self.answers:
            self.answers[key] = world(call["capability"], call["args"])
            with open(self.path, "a", encoding="utf-8") as lines:
                lines.write(json.dumps({"key": key, "call": call["capability"], "answer": self.answers[key]}) + "\n")
        return self.answers[key]


def world(capability, args):
    if capability == "shop.price":
        return PRICES[args[0]]
    if capability == "boss.ask":
        return "yes"
    if capability == "shop.reserve":
        return "order-" + str(len(args[0]))
    return None


def keep(path, turn):
    """As a whole or not at all."""
    with open(path + ".new", "w", encoding="utf-8") as file:
        json.dump(turn, file)
    os.replace(path + ".new", path)


def main():
    parser = argparse.ArgumentParser(description="Orders a lamp and a chair.")
    for name in ("url", "token", "state", "ledger"):
        parser.add_argument("--" + name, required=True)
    parser.add_argument("--steps", type=int, default=1000, help="how many requests to send at most")
    options = parser.parse_args()
    server = Server(options.url, options.token)
    ledger = Ledger(options.ledger)
    for _ in range(options.steps):
        if not os.path.exists(options.state):
            with open(PLAN, encoding="utf-8") as plan:
                source = {"file": "order.rtfs", "text": plan.read()}
            turn = server.ask("start", source=source, variables={"*input*": ["lamp", "chair"]}, run="order-py")
        else:
            with open(options.state, encoding="utf-8") as file:
                turn = json.load(file)
            if turn["state"] is None:
                break
            answers = [{"id": call["id"], "value": ledger.carry_out(call)} for call in turn["outcome"]["calls"]]
            turn = server.ask("resume", state=turn["state"], answers=answers)
        keep(options.state, turn)
    if turn["state"] is not None:
        return 3
    print(json.dumps(turn["outcome"], sort_keys=True))
    return 0


if __name__ == "__main__":
    sys.exit(main())
