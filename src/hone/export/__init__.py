"""From a tuned model to GGUF files that run on a laptop or a phone, and the proof that nothing was lost."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hone.lazily import lazy

if TYPE_CHECKING:
    from hone.export.card import About as About
    from hone.export.exporting import ExportedFile as ExportedFile
    from hone.export.exporting import Order as Order
    from hone.export.exporting import export_adapter as export_adapter
    from hone.export.exporting import export_model as export_model
    from hone.export.parity import Parity as Parity
    from hone.export.parity import compare_export as compare_export
    from hone.export.results import Accuracy as Accuracy
    from hone.export.results import accuracy as accuracy
    from hone.export.source import SourceModel as SourceModel

_HOMES = {
    "About": "hone.export.card",
    "Accuracy": "hone.export.results",
    "ExportedFile": "hone.export.exporting",
    "Order": "hone.export.exporting",
    "Parity": "hone.export.parity",
    "SourceModel": "hone.export.source",
    "accuracy": "hone.export.results",
    "compare_export": "hone.export.parity",
    "export_model": "hone.export.exporting",
    "export_adapter": "hone.export.exporting",
}

__all__ = sorted(_HOMES)  # noqa: PLE0605 - sorted at run time from one list
__getattr__ = lazy(__name__, _HOMES)
