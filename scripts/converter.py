"""Fetches llama.cpp's converter before the tests; where it cannot be had, says which tests skip for want of it."""

from __future__ import annotations

from hone.errors import HoneError
from hone.export.converter import converter_folder

if __name__ == "__main__":
    try:
        converter_folder()
    except HoneError as error:
        print(f"{error}\nThe tests that convert models skip until it can be fetched; all others run.")
