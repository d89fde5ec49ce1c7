"""From a tuned model to one GGUF file that runs on a laptop or a phone, and the proof that nothing was lost."""
