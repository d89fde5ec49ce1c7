"""A message names an option as its reader writes it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from hone.errors import TuneError
from hone.spelling import option, spell_as_arguments, spell_as_flags
from hone.training.settings import TuneSettings, check_sharding


@pytest.fixture(autouse=True)
def python_again() -> Iterator[None]:
    yield
    spell_as_arguments()


def test_in_python_an_option_is_an_argument() -> None:
    assert option("gpus", 2) == "`gpus=2`"
    assert option("backend", "trl") == "`backend='trl'`"
    assert option("adapter_only") == "`adapter_only`"
    assert option("shard", argument="sharding=True") == "`sharding=True`"


def test_in_a_terminal_it_is_a_flag() -> None:
    spell_as_flags()
    assert option("gpus", 2) == "--gpus 2"
    assert option("adapter_only") == "--adapter-only"
    assert option("shard", argument="sharding=True") == "--shard"


def test_the_same_error_reads_right_in_both() -> None:
    settings = TuneSettings(sharding=True, gpus=1)
    with pytest.raises(TuneError, match=r"`sharding=True` splits .*add `gpus=2` or more"):
        check_sharding(settings)
    spell_as_flags()
    with pytest.raises(TuneError, match=r"--shard splits .*add --gpus 2 or more"):
        check_sharding(settings)
