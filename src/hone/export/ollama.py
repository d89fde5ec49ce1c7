"""The chat template in the form that Ollama's Modelfile has: a Go template, found by trying the Jinja one out.

Jinja is not translated. The model's template is asked to write a chat of marks, and what stands around each mark is
what the Go template writes. Where a template does more than that, none is made, and Ollama reads the one in the file.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

Chat = Sequence[dict[str, str]]
Render = Callable[[Chat, bool], str]
"""Writes a chat out; the flag asks for the beginning of a reply at the end."""


@dataclass(frozen=True, slots=True)
class TurnMarkers:
    """What stands before and after the text of each role, and where a reply begins."""

    around: dict[str, tuple[str, str]]
    reply: str

    def written(self, messages: Chat) -> str:
        """A chat with the beginning of a reply."""
        turns = [self.around[turn["role"]][0] + turn["content"] + self.around[turn["role"]][1] for turn in messages]
        return "".join(turns) + self.reply

    def go_template(self) -> str:
        """The same as a Go template over Ollama's messages."""
        cases = " else ".join(
            f'if eq .Role "{role}" }}}}{before}{{{{ .Content }}}}{after}{{{{'
            for role, (before, after) in self.around.items()
        )
        return f"{{{{ range .Messages }}}}{{{{ {cases} end }}}}{{{{ end }}}}{self.reply}"


def turns(render: Render, start: str) -> TurnMarkers | None:
    """How a template writes turns, or none where that cannot be said in this form.

    Args:
        render: The model's own template.
        start: The token that the engine puts first of itself, which the template must not repeat; may be empty.
    """
    try:
        found = _around(render, start)
        for chat in _CHATS:
            if render(chat, True).removeprefix(start) != found.written(chat):
                return None
    except Exception:  # a template may raise whatever it likes
        return None
    return found if not any("{{" in part for pair in found.around.values() for part in pair) else None


def _around(render: Render, start: str) -> TurnMarkers:
    system, user, reply, more = (
        {"role": role, "content": f"mark {number} of four"}
        for number, role in enumerate(("system", "user", "assistant", "user"))
    )
    whole = render([system, user, reply, more], False).removeprefix(start)
    before_system, rest = _cut(whole, system)
    between_system, rest = _cut(rest, user)
    between_reply, rest = _cut(rest, reply)
    between_more, after_user = _cut(rest, more)
    _, after_reply = _cut(render([system, user, reply], False), reply)
    before_user = between_more[len(after_reply) :]
    before_reply = between_reply[len(after_user) :]
    after_system = between_system[: len(between_system) - len(before_user)]
    opening = render([system, user], True)[len(render([system, user], False)) :]
    around = {
        "system": (before_system, after_system),
        "user": (before_user, after_user),
        "assistant": (before_reply, after_reply),
    }
    return TurnMarkers(around, opening)


def _cut(text: str, turn: dict[str, str]) -> tuple[str, str]:
    before, mark, after = text.partition(turn["content"])
    if not mark:
        raise ValueError("a turn was left out")
    return before, after


def _turn(role: str, content: str) -> dict[str, str]:
    return {"role": role, "content": content}


_CHATS: tuple[Chat, ...] = (
    (_turn("system", "Be brief."), _turn("user", "Hello")),
    (_turn("system", "Be brief."), _turn("user", "Hello"), _turn("assistant", "Yes?"), _turn("user", "Go on.")),
)
"""A chat without a system message is not among them: with the Modelfile's SYSTEM there is always one."""
