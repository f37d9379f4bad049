"""`mariner drill`: the harmless faults of the reliability table, tried on a user's own model.

`command.drill` is the starting point; `command.SCENARIOS` is what it runs.
"""
