"""Models that need no handler: one module for each kind of file or folder.

`kinds` says which module serves what. A module is imported by the workers of models of its kind, and its
library when such a model is loaded. Each has one class with

- `initialize(context)`, which loads the model and sets `declared`, what tensors it takes and gives;
- `handle(call, context)`, which is given the inputs of a whole batch and returns its outputs by name.

A handler of one's own that has a `declared` is served the same way.
"""
