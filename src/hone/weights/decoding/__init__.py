"""Many answers at once from a transformers model: `generate`.

The loop is our own because on a GPU the time goes into starting kernels, not into running them: one step of a small
model is recorded as a CUDA graph and replayed. Everything in here but `generate` imports torch; `generate` says what
to install where it is missing.
"""

from hone.weights.decoding.generate import Decoding, GeneratedText, generate

__all__ = ["Decoding", "GeneratedText", "generate"]
