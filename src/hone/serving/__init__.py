"""An exported model in use: a conversation in the terminal, and an OpenAI-compatible endpoint."""
