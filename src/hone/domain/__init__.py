"""Data of the domain: frozen pydantic models; no files, clock, network or model."""
