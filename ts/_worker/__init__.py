"""The process that loads models and runs handlers: `python -m ts._worker`.

Starting points: `session` (the loop over frames), `run` (one batch), `loading` (finding a handler's entry
point), `outcome` (exceptions to error codes), `inputs` and `outputs` (bodies to values and back).
"""
