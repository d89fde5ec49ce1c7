"""What a person may say of the columns of a file of ratings: the same for every verb that reads one."""

from __future__ import annotations

from typing import Annotated

from hone.journey.options import OptionForm, VerbOptions
from hone.tables.shape import FileColumns


class ColumnOptions(VerbOptions):
    """What may be said of the columns of a file of ratings."""

    rater_column: Annotated[tuple[str, ...], OptionForm(metavar="COLUMN")] = ()
    """A column of FILE that is a rater; again for more. Fields inside: scores.tone.  [default: by its heading]"""
    judge_column: Annotated[tuple[str, ...], OptionForm(metavar="COLUMN")] = ()
    """A column of a judge's scores, of FILE or of --judged; again for more.  [default: by its heading]"""
    judge_name: Annotated[str, OptionForm(metavar="COLUMN")] = ""
    """The column that names the judge; several as A+B.  [default: the heading of its scores]"""
    item: Annotated[str, OptionForm(metavar="COLUMN")] = ""
    """The column of the items' ids; several as A+B.  [default: by its heading, else the row]"""
    criterion: Annotated[str, OptionForm(metavar="COLUMN")] = ""
    """The column that says what is rated.  [default: by its heading]"""
    group: Annotated[str, OptionForm(metavar="COLUMN")] = ""
    """The column of what items have in common, such as a class.  [default: by its heading]"""
    system: Annotated[str, OptionForm(metavar="COLUMN")] = ""
    """The column that says what wrote the reply.  [default: system]"""
    total: bool = False
    """A score that has parts (a list, an object) counts as their sum."""

    def columns(self) -> FileColumns:
        """The same for whoever reads the file; the raters' columns are handed on by themselves."""
        return FileColumns(
            judges=self.judge_column,
            judge_name=self.judge_name,
            item=self.item,
            criterion=self.criterion,
            group=self.group,
            system=self.system,
            total=self.total,
        )
