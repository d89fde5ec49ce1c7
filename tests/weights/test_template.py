"""Chat templates that are meant to harm: in a GGUF file, in a folder, and what real ones look like."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest

from hone.errors import UnavailableError
from hone.models import connect
from hone.weights.smollm2 import smollm2_file
from hone.weights.template import check_template, templates_of_gguf
from tests.training.small import small_base
from tests.weights.gguf import with_template

PLAIN = "{% for m in messages %}<|{{ m.role }}|>{{ m.content }}{% endfor %}"
HARMFUL = {
    "loops": PLAIN
    + "{% for i in range(99999) %}{% for j in range(99999) %}{% set x = i * j %}{% endfor %}{% endfor %}",
    "one text": PLAIN + '{{ "a" * 4000000000 }}',
    "doubled": '{% set n = namespace(x="aaaaaaaa") %}{% for i in range(40) %}{% set n.x = n.x ~ n.x %}{% endfor %}'
    + PLAIN,
    "much": PLAIN + "{% for i in range(99999) %}aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa{% endfor %}",
    "only later": "{% if messages | length > 2 %}{{ 'a' * 4000000000 }}{% endif %}" + PLAIN,
    "deep": "{% if true %}" * 5000 + "x" + "{% endif %}" * 5000,
    "long": "x" * 300_000,
    "broken": "{% for m in messages %}{{ m.content }}",
}
KIND = """\
{%- if messages[0]['role'] == 'system' %}{{- raise_exception('System role not supported') }}{% endif -%}
{% for message in messages %}{% if (message['role'] == 'user') != (loop.index0 % 2 == 0) %}
{{ raise_exception('Roles must alternate') }}{% endif %}{{ '<start>' + message['role'] + message['content'] | trim }}
{%- generation %}{{ tools | tojson if tools else '' }}{% endgeneration -%}{% endfor %}{{ strftime_now('%d %b %Y') }}
{% if add_generation_prompt %}<start>model{% endif %}{% if enable_thinking is defined %}<think>{% endif %}"""


@pytest.mark.parametrize("name", HARMFUL)
def test_a_template_that_harms_is_refused_in_one_line(name: str) -> None:
    started = time.monotonic()
    with pytest.raises(
        UnavailableError, match=r"^model: its chat template .*, so the model is not used; take one"
    ) as caught:
        check_template(HARMFUL[name], "model")
    assert "\n" not in str(caught.value)
    assert time.monotonic() - started < 60


@pytest.mark.parametrize(
    "template", [PLAIN, KIND, None, {"default": PLAIN, "tool_use": KIND}, [{"name": "a", "template": PLAIN}]]
)
def test_templates_as_models_have_them_pass(template: object) -> None:
    check_template(template, "model")


def test_one_harmful_template_among_several_is_enough() -> None:
    with pytest.raises(UnavailableError):
        check_template({"default": PLAIN, "tool_use": HARMFUL["one text"]}, "model")


def test_a_folder_s_template_is_looked_at_before_it_runs(tmp_path: Path) -> None:
    base = small_base(tmp_path)
    for file in base.glob("chat_template.jinja"):
        file.unlink()
    config = json.loads((base / "tokenizer_config.json").read_text())
    (base / "tokenizer_config.json").write_text(json.dumps(config | {"chat_template": HARMFUL["one text"]}))
    with pytest.raises(UnavailableError, match="its chat template takes too long or too much memory"):
        connect(f"hf:{base}")


@pytest.mark.engine
def test_a_gguf_file_s_template_is_looked_at_before_the_engine_starts(tmp_path: Path) -> None:
    assert [len(one) > 100 for one in templates_of_gguf(smollm2_file())] == [True]
    file = tmp_path / "evil.gguf"
    with_template(smollm2_file(), file, HARMFUL["loops"])
    assert [one.strip() for one in templates_of_gguf(file)] == [HARMFUL["loops"]]
    with pytest.raises(UnavailableError, match=r"evil\.gguf: its chat template takes too long"):
        connect(f"gguf:{file}")
    with_template(smollm2_file(), tmp_path / "good.gguf", KIND)
    with connect(f"gguf:{tmp_path / 'good.gguf'}"):
        pass
