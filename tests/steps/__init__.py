"""Steps over a project."""
