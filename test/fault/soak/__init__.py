"""A mixed load with random faults, for as long as asked, under which the invariants are checked throughout.

`python -m soak --seconds 300` (or `make soak`) runs it; `run.soak` is the starting point.
"""
