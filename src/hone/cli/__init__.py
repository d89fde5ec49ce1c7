"""The command line: parse, call one library function, print. Nothing else is decided here."""
