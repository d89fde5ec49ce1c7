"""Feedback into and out of the store, in five forms.

    store         everything, with the history, as JSON lines; read into an empty store it gives the same store
    ratings       long form (CSV, JSONL, Parquet): item, criterion, rater, score, kind, group, time
    pairs         long form: item, rater, order, winner, kind, group, time
    label-studio  JSON tasks with annotations and predictions
    argilla       JSON records with responses and suggestions

What a form cannot hold is said in the notes of what it gives back, never left out in silence.
"""

from hone.interop.forms import FORMS, Exchanged, Form, export_file, import_file

__all__ = ["FORMS", "Exchanged", "Form", "export_file", "import_file"]
