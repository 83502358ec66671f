"""What the guide prints to be pasted, in the shells of the people who paste it."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from config.environment import PROJECT_DIR
from devtools.guide import paste_safe, tour_blocks

# Without files of their own, but with what only an interactive shell does: no comments in zsh, history in both.
_SHELLS = (("bash", "--norc", "--noprofile", "-i"), ("zsh", "-f", "-i"))
INTERACTIVE_SHELLS = [shell for shell in _SHELLS if shutil.which(shell[0])]
PROSE = [
    "Press `touch owned`, then $(touch owned), ${HOME:?none} and `go on",
    "The holder's seats aren't sold; it isn't 'over",
    'She said "yes, and left the quote open',
    "Wow! It is !! and !-1 and !touch and ^a^b^",
    "One; two && three | four > owned < five & six # seven",
    "Brackets [x] {a,b} (c) *.md ~ =ls ?x \\ and \\' at the end \\",
    "Two\nlines, with\n: 'a quoted one'\nbetween",
    "Ünïcode … and %s %n -n --",
]


def paste(shell: tuple[str, ...], text: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Return what an interactive shell answers to a paste."""
    environment = os.environ | {"PS1": "", "PS2": "", "HISTFILE": ""}
    # A session of its own: an interactive shell would take the terminal of whoever runs the tests.
    return subprocess.run(
        shell, input=text, cwd=folder, env=environment, capture_output=True, text=True, check=False, timeout=60,
        start_new_session=True,
    )  # fmt: skip


@pytest.mark.parametrize("shell", INTERACTIVE_SHELLS, ids=lambda shell: shell[0])
class TestPrintedTour:
    def test_runs_the_commands_and_nothing_of_the_prose(self, shell: tuple[str, ...], tmp_path: Path) -> None:
        """Whatever the README says between the commands, backticks, apostrophes and exclamation marks too."""
        readme = "".join(f"{prose}\n\n```sh\necho ran-{number}\n```\n\n" for number, prose in enumerate(PROSE))
        blocks = tour_blocks(f"<!-- tour -->\n{readme}<!-- end of tour -->")
        assert [code for _, code in blocks] == [f"echo ran-{number}\n" for number in range(len(PROSE))]
        self.check(shell, blocks, tmp_path)

    def test_of_the_readme_says_nothing_that_a_shell_reads(self, shell: tuple[str, ...], tmp_path: Path) -> None:
        blocks = tour_blocks((PROJECT_DIR / "README.md").read_text(encoding="utf-8"))
        assert len(blocks) > 10
        self.check(shell, [(prose, f"echo ran-{number}\n") for number, (prose, _) in enumerate(blocks)], tmp_path)

    def check(self, shell: tuple[str, ...], blocks: list[tuple[str, str]], folder: Path) -> None:
        done = paste(shell, paste_safe(blocks), folder)
        assert done.stdout.split() == [f"ran-{number}" for number in range(len(blocks))], done.stderr
        for complaint in ("not found", "no matches", "unmatched", "parse error", "syntax error", "unexpected"):
            assert complaint not in done.stderr
        assert list(folder.iterdir()) == []
