"""The words sent to models: one Markdown file each, and one strict, single-pass renderer."""

from hone.prompts.fence import break_marks, fence
from hone.prompts.library import PROMPTS, Prompts, in_language, load_prompts
from hone.prompts.render import Prompt

__all__ = ["PROMPTS", "Prompt", "Prompts", "break_marks", "fence", "in_language", "load_prompts"]
