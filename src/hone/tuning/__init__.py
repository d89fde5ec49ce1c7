"""Training: examples with replies, a model tuned on them, and checks before, during and after."""
