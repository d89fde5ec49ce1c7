"""Arrays in, figures with intervals out. Imports nothing of ours but the errors."""
