"""What routes of a model's own answer with."""
