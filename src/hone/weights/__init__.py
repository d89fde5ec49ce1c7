"""All that knows the files of models: transformers folders and GGUF, their chat templates, content and decoding."""
