"""A small Python API for models and pipelines."""
