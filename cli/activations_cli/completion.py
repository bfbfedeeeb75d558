"""What a shell asks for while somebody types: click's answers, with words as they stand and in silence."""

from __future__ import annotations

import os
import re
import sys
from typing import TYPE_CHECKING, Any

from click.shell_completion import (
    BashComplete,
    CompletionItem,
    FishComplete,
    ShellComplete,
    ZshComplete,
    add_completion_class,
    shell_complete,
    split_arg_string,
)

if TYPE_CHECKING:
    import click

__all__ = ["answer"]

BREAKS = re.compile("[:=]+")  # where bash parts words, as its COMP_WORDBREAKS has it


def answer(cli: click.Command, prog_name: str, variable: str, instruction: str) -> int:
    """Answer the question of a shell on stdout.

    Args:
        cli: the command line.
        prog_name: what it is called.
        variable: the environment variable that holds the question.
        instruction: its value, as "bash_source" or "zsh_complete".

    Returns:
        The exit code: 0 unless there is no answer.
    """
    for shell in (Bash, Zsh, Fish):
        add_completion_class(shell)
    errors = sys.stderr
    try:
        with open(os.devnull, "w") as sys.stderr:  # a word of ours would stand in the middle of what is typed
            return shell_complete(cli, {}, prog_name, variable, instruction)
    except Exception:
        return 1
    finally:
        sys.stderr = errors


class WholeWords(ShellComplete):
    """Offers `--device=cuda` and not `cuda` where `--device=` is part of the word that a shell replaces."""

    def get_completions(self, args: list[str], incomplete: str) -> list[CompletionItem[str]]:
        """What click finds, each as a whole word."""
        found = super().get_completions(args, incomplete)
        option, equals, _ = incomplete.partition("=")
        if not (equals and option.startswith("-")):
            return found
        return [
            CompletionItem(f"{option}={item.value}", item.type, item.help) if item.type == "plain" else item
            for item in found
        ]


class Bash(WholeWords, BashComplete):
    """Bash parts words at colons and equal signs, and replaces only what stands behind the last one."""

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.before = ""

    def get_completion_args(self) -> tuple[list[str], str]:
        """The words before the one that is typed, and that one, put together again."""
        words = split_arg_string(os.environ["COMP_WORDS"])
        position = int(os.environ["COMP_CWORD"])
        words = [*words, ""][: position + 1]
        joined: list[str] = []
        open_end = False
        for word in words:
            is_break = bool(word) and BREAKS.fullmatch(word) is not None
            if joined and (is_break or open_end) and word:
                joined[-1] += word
            else:
                joined.append(word)
            open_end = is_break
        *args, incomplete = joined or [""]
        if incomplete != words[-1]:
            self.before = incomplete[: max(incomplete.rfind(":"), incomplete.rfind("=")) + 1]
        return args[1:], incomplete

    def format_completion(self, item: CompletionItem[str]) -> str:
        """The part that bash is to put in."""
        if item.type == "plain":
            item = CompletionItem(item.value.removeprefix(self.before), item.type, item.help)
        return super().format_completion(item)


class Zsh(WholeWords, ZshComplete):
    """Zsh replaces whole words."""


class Fish(WholeWords, FishComplete):
    """Fish replaces whole words; click's script would cut them at a comma."""

    source_template = FishComplete.source_template.replace(
        'string split "," $completion', 'string split --max 1 "," -- $completion'
    )
