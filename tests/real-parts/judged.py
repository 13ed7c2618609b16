#!/usr/bin/env python3
"""judged.py REPORT PATH wide|quiet: what an audit's JSON report says of one live socket.

wide: mode-too-wide, at high or above. quiet: nothing at medium or above.
"""

import json
import sys

SERIOUS = {"medium", "high", "critical"}


def complaint(report: dict, path: str, verdict: str) -> str | None:
    sockets = [entry for entry in report["sockets"] if entry["path"] == path]
    if not sockets:
        return "the report does not have it"
    if sockets[0]["state"] != "live":
        return f"it is {sockets[0]['state']} and should be live"
    findings = [entry for entry in report["findings"] if entry["path"] == path]
    serious = [entry for entry in findings if entry["severity"] in SERIOUS]
    if verdict == "quiet":
        return f"findings: {serious}" if serious else None
    wide = [entry for entry in serious if entry["code"] == "mode-too-wide"]
    if not wide or wide[0]["severity"] == "medium":
        return f"it should be too wide; findings: {findings}"
    return None


def main() -> int:
    name, path, verdict = sys.argv[1:]
    with open(name, encoding="utf-8") as file:
        problem = complaint(json.load(file), path, verdict)
    if problem:
        print(f"{path}: {problem}")
    return 1 if problem else 0


sys.exit(main())
