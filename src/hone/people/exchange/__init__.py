"""Hone's own files in and out of the store; the files of other tools are read and written in `interop`."""
