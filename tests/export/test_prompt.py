"""The system message in the chat template: it writes what the message itself would."""

from __future__ import annotations

from typing import Any

import pytest
from jinja2.sandbox import ImmutableSandboxedEnvironment

from hone.errors import ExportError
from hone.export.ollama import turns
from hone.export.prompt import default_messages, with_system, writes_system

from .tiny import GEMMA

CHATML = (
    "{% for message in messages %}{% if loop.first and messages[0]['role'] != 'system' %}"
    "{{ '<|im_start|>system\nYou help.<|im_end|>\n' }}{% endif %}"
    "{{ '<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>\n' }}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
)
TEXTS = [
    "Be brief.",
    "Say \"yes\" or 'no'; a \\ and a \\n are text.",
    "Line one\nline two\n\n- a list",
    "{{ messages }} {% raw %} {# note #} }} %} #} {",
    "Grüße, 你好, 🙂 and \u200b",
]
CHATS: list[list[dict[str, str]]] = [
    [{"role": "user", "content": "Hello"}],
    [
        {"role": "user", "content": "Hello"},
        {"role": "assistant", "content": "Yes?"},
        {"role": "user", "content": "{{ x }}"},
    ],
]


def render(template: str, chat: Any, reply: bool = True) -> str:
    def refuse(text: str) -> None:
        raise ValueError(text)

    environment = ImmutableSandboxedEnvironment(trim_blocks=True, lstrip_blocks=True)
    environment.globals["raise_exception"] = refuse
    written = environment.from_string(template).render(
        {"messages": chat, "add_generation_prompt": reply, "bos_token": "<bos>"}
    )
    return str(written)


@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.parametrize("chat", CHATS)
@pytest.mark.parametrize("template", [CHATML, GEMMA, "\n  " + CHATML], ids=["chatml", "gemma", "spaces"])
def test_a_chat_without_a_system_message_gets_the_built_in_one(
    template: str, text: str, chat: list[dict[str, str]]
) -> None:
    def own(messages: Any) -> str:
        return render(template, messages)

    built = with_system(template, text, own)
    said = default_messages(chat, text, as_system=writes_system(own))
    assert render(built, chat).strip() == own(said).strip()
    assert text.partition("\n")[0].strip() in render(built, chat)


def test_a_chat_with_its_own_system_message_keeps_it() -> None:
    chat = [{"role": "system", "content": "Other."}, *CHATS[0]]
    built = with_system(CHATML, "Be brief.", lambda messages: render(CHATML, messages))
    assert render(built, chat) == render(CHATML, chat)


def test_a_template_that_refuses_system_messages_gets_the_text_in_the_first_turn() -> None:
    assert writes_system(lambda chat: render(CHATML, chat))
    assert not writes_system(lambda chat: render(GEMMA, chat))
    assert default_messages(CHATS[0], "Be brief.", as_system=False) == [
        {"role": "user", "content": "Be brief.\n\nHello"}
    ]


def test_a_template_that_loses_what_a_user_says_is_refused() -> None:
    with pytest.raises(ExportError, match="does not write out what a user says"):
        with_system("nothing", "Be brief.", lambda _: "nothing")


def test_ollamas_template_is_found_by_trying() -> None:
    found = turns(lambda chat, reply: render(CHATML, chat, reply), "")
    assert found is not None
    chat = [{"role": "system", "content": "S"}, *CHATS[1]]
    assert found.written(chat) == render(CHATML, chat)
    go = found.go_template()
    assert go.startswith('{{ range .Messages }}{{ if eq .Role "system" }}<|im_start|>system\n{{ .Content }}')
    assert go.endswith("{{ end }}{{ end }}<|im_start|>assistant\n")


def test_a_template_that_refuses_system_messages_has_no_form_for_ollama() -> None:
    assert turns(lambda chat, reply: render(GEMMA, chat, reply), "<bos>") is None
