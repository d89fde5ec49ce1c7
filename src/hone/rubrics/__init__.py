"""The rubric's life, one step a file: draft, replies, compare, advise, merge, finalise, lint."""
