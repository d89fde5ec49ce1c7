"""`hone serve`: a GGUF model as an OpenAI-compatible endpoint."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from hone.cli.options import project_option
from hone.cli.screen import SCREEN
from hone.journey.talking import Endpoint
from hone.journey.talking import serve as run


@click.command("serve")
@click.argument("spec", metavar="MODEL")
@click.option("--host", default="127.0.0.1", show_default=True, help="Where to listen; others can reach 0.0.0.0.")
@click.option("--port", type=click.IntRange(0, 65535), default=8080, show_default=True, help="0 takes a free one.")
@click.option("--key", envvar="HONE_SERVE_KEY", help="What clients must send; better set in HONE_SERVE_KEY.")
@click.option("--name", help="The model's name in answers.  [default: the file's]")
@click.option(
    "--slots", type=click.IntRange(1, 64), default=4, show_default=True, help="Requests written side by side."
)
@click.option("--context", type=click.IntRange(256), default=4096, show_default=True, help="Tokens of each request.")
@click.option(
    "--rubric", help="For /v1/score: v1, v2, …, working, a file or a library name.  [default: the latest version]"
)
@click.option("--judge", help="Who scores.  [default: the judge in hone.yaml, else the served model]")
@project_option
def serve_command(
    spec: str, folder: Path, host: str, port: int, key: str | None, judge: str | None, **options: Any
) -> None:
    """Serve MODEL (smollm2, gguf:FILE, gguf:BASE+ADAPTER, gguf:hf://…) at /v1 until Ctrl-C.

    /v1/chat/completions and /v1/completions as OpenAI has them, streams too; adapter_scale in a request weighs the
    adapter. /v1/score takes prompt and reply and gives the judge's scores. /health and /metrics tell how it is.
    """
    run(spec, Endpoint(host=host, port=port, key=key, judge=judge, **options), project=folder, watch=SCREEN)
