"""Measures Mariner next to released peers; `test/bench/README.md` says how to run it."""
