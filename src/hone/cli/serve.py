"""`hone serve`: a GGUF model as an OpenAI-compatible endpoint."""

from __future__ import annotations

import asyncio
import signal
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import click

from hone.cli.options import project_option
from hone.cli.screen import note
from hone.cli.talking import behind, opened
from hone.domain.settings import ModelSettings
from hone.errors import SpecError
from hone.models import Model
from hone.models.embedded import EmbeddedModel
from hone.serving.server import Serving, check_host, listen


@click.command()
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
def serve(spec: str, folder: Path, host: str, port: int, key: str | None, judge: str | None, **options: Any) -> None:
    """Serve MODEL (smollm2, gguf:FILE, gguf:BASE+ADAPTER, gguf:hf://…) at /v1 until Ctrl-C.

    /v1/chat/completions and /v1/completions as OpenAI has them, streams too; adapter_scale in a request weighs the
    adapter. /v1/score takes prompt and reply and gives the judge's scores. /health and /metrics tell how it is.
    """  # fmt: skip
    check_host(host, key)
    found = behind(folder, options["rubric"], judge)
    with ExitStack() as stack:
        model = stack.enter_context(
            opened(ModelSettings(model=spec, context=options["context"], concurrency=options["slots"]))
        )
        if not isinstance(model, EmbeddedModel):
            raise SpecError(f"{spec!r} is not embedded; write smollm2, gguf:FILE or gguf:hf://OWNER/REPO/FILE")
        own = judge is None and (found.project is None or found.judge.model == spec)
        who: Model | None = model if own else None
        if found.rubric is not None and who is None:
            who = stack.enter_context(opened(found.judge, found.project.folder if found.project else None))
        serving = Serving(
            model, options["name"] or Path(spec.partition("+")[0]).stem, key, found.judge_of(who) if who else None,
            adapter="+" in spec,
        )  # fmt: skip
        asyncio.run(_until_stopped(serving, host, port))


async def _until_stopped(serving: Serving, host: str, port: int) -> None:
    stack, address = await listen(serving.app(), host, port)
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stopped.set)
    async with stack:
        key = "" if serving.key else "; anybody on this machine may ask"
        note(f"{serving.name} at {address}{key}. Ctrl-C ends it.")
        await stopped.wait()
    note("stopped")
