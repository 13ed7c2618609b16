"""What sockctl says, and how that is told on."""

import json
import subprocess

SOCKCTL = "/usr/bin/sockctl"
SEVERITIES = ("info", "low", "medium", "high", "critical")

failures = 0


def tell(passed: bool, name: str, detail: object = "") -> None:
    global failures
    print(f"{'ok' if passed else 'not ok'} stock: {name}", flush=True)
    if not passed:
        failures += 1
        for line in str(detail).splitlines():
            print(f"  | {line}", flush=True)


def skipped(name: str, why: str) -> None:
    print(f"skipped stock {name}: {why}", flush=True)


def ask(*words: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run([SOCKCTL, *words], capture_output=True, text=True, stdin=subprocess.DEVNULL)


def answer(*words: str) -> tuple[int, dict]:
    """The exit status, and the JSON."""
    done = ask("--format", "json", *words)
    try:
        return done.returncode, json.loads(done.stdout)
    except json.JSONDecodeError as error:
        raise RuntimeError(f"{' '.join(done.args)} exits with {done.returncode}: {done.stderr}") from error


def is_serious(finding: dict) -> bool:
    """Whether it speaks against what is there."""
    return SEVERITIES.index(finding["severity"]) >= SEVERITIES.index("medium")


def shown(findings: list[dict]) -> str:
    return "\n".join(
        f"{each['severity']} {each['code']} {each['path']}: {each['message']} ({each.get('rule')})" for each in findings
    )
