"""The project folder: the only reader and writer of its YAML and of its run folders."""

from hone.project.folder import Project
from hone.project.runs import Run
from hone.project.templates import Template, finalised_rubrics, find_template, read_rubric, templates

__all__ = ["Project", "Run", "Template", "finalised_rubrics", "find_template", "read_rubric", "templates"]
