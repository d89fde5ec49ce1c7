"""`hone serve`: a GGUF model as an OpenAI-compatible endpoint."""

from __future__ import annotations

from pathlib import Path

import click

from hone.cli.options import project_option, verb_options
from hone.cli.screen import SCREEN
from hone.journey.talking import ServeOptions
from hone.journey.talking import serve as run


@click.command("serve")
@verb_options(ServeOptions)
@project_option
def serve_command(options: ServeOptions, folder: Path) -> None:
    """Serve MODEL (smollm2, gguf:FILE, gguf:BASE+ADAPTER, gguf:hf://…) at /v1 until Ctrl-C.

    /v1/chat/completions and /v1/completions as OpenAI has them, streams too; adapter_scale in a request weighs the
    adapter. /v1/score takes prompt and reply and gives the judge's scores. /v1/systemone answers questions with a
    probability for each answer, in the form of System One. /health and /metrics tell how it is.
    """
    run(options.model, options, project=folder, watch=SCREEN)
