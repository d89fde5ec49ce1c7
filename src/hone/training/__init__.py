"""The training process: what it is handed, and all that it does; alone with torch beside `weights`."""
