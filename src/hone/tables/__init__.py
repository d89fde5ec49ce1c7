"""Rows in and out of JSONL, CSV, Parquet and Hugging Face `datasets` folders, as streams.

A million rows need no more memory than a thousand: nothing here holds a table. What is a prompt or a reply is for
the caller to say; this room only suggests it by the columns' names.
"""

from hone.tables.base import Form, Row, RowProblem, Table, is_blank
from hone.tables.columns import dropped_point, guess, guess_request, id_reader, request_of, was_cut
from hone.tables.opening import open_table
from hone.tables.taken import Taken, filled_rows
from hone.tables.writer import Writer, open_writer

__all__ = [
    "Form",
    "Row",
    "RowProblem",
    "Table",
    "Taken",
    "Writer",
    "dropped_point",
    "filled_rows",
    "guess",
    "guess_request",
    "id_reader",
    "is_blank",
    "open_table",
    "open_writer",
    "request_of",
    "was_cut",
]
