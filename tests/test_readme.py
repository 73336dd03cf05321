"""The README says what is so: its files are written, its commands and its Python run, in their order, and come to the
outputs that it shows. With PARTITA_WRITE_README=1 in the environment the outputs are written into it anew."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
README = ROOT / "README.md"
BLOCK = re.compile(r"^```(?P<info>[^\n]*)\n(?P<body>.*?)^```$", re.MULTILINE | re.DOTALL)
RUN_ID = re.compile(r"^run ([0-9a-f]{8})[0-9a-f]{24}\b", re.MULTILINE)
SHORT_ID = re.compile(r"\b[0-9a-f]{8}\b")
TIMES = re.compile(r"\d+\.\d s$", re.MULTILINE)
PARTITA = "import sys; from partita.cli import main; main(sys.argv[1:])"


class Tour:
    """The README as somebody goes through it, in an empty folder."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.run_id, self.printed = folder, "", ""

    def follow(self, block: re.Match[str]) -> str:
        """Do what a block says; it comes back with the outputs as they are."""
        language, _, file = block["info"].partition(" ")
        body = block["body"]
        if file:
            (self.folder / file).parent.mkdir(exist_ok=True)
            (self.folder / file).write_text(body)
        elif language == "console":
            body = "".join(self.commands(body))
        elif language == "python":
            self.printed = self.output([sys.executable, "-c", body])
        elif language == "text":
            body = self.printed
        return f"```{block['info']}\n{body}```"

    def commands(self, body: str) -> Iterator[str]:
        """Each command of a block, and after it what it prints. A run's id is that of the latest run."""
        for line in body.splitlines(keepends=True):
            if line.startswith("$ "):
                line = SHORT_ID.sub(self.run_id, line)
                yield line
                yield self.command(shlex.split(line.removeprefix("$ ")))

    def command(self, words: list[str]) -> str:
        if words[0] == "make":
            return self.output(words, ROOT)
        if words[0] == "partita":
            words = [sys.executable, "-c", PARTITA, *words[1:]]
        return self.output(words)

    def output(self, words: list[str], folder: Path | None = None) -> str:
        env = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
        done = subprocess.run(
            words, cwd=folder or self.folder, env=env, capture_output=True, encoding="utf-8", check=False
        )
        assert done.returncode == 0, f"{words}: {done.stderr}"
        found = RUN_ID.search(done.stdout)
        self.run_id = found[1] if found else self.run_id
        lines = [line.rstrip() for line in done.stdout.splitlines()]
        return "\n".join(lines).strip("\n") + "\n"


def _without_times(text: str) -> str:
    return TIMES.sub("0.0 s", text)


def test_outputs_are_what_is_shown(tmp_path: Path) -> None:
    shown = README.read_text("utf-8")
    found = BLOCK.sub(Tour(tmp_path).follow, shown)
    if os.environ.get("PARTITA_WRITE_README") and _without_times(found) != _without_times(shown):
        README.write_text(found, "utf-8")
    assert _without_times(README.read_text("utf-8")) == _without_times(found)


@pytest.mark.parametrize("path", re.findall(r"`((?:rust|python|tests|benches)[\w/.-]*)`", README.read_text("utf-8")))
def test_places_exist(path: str) -> None:
    assert (ROOT / path).exists()


def test_every_reject_code_is_listed() -> None:
    from partita import _core

    listed = re.findall(r"(\d{3}) `(\w+)`", README.read_text("utf-8"))
    assert [(int(code), name) for code, name in listed] == _core.reject_codes()
