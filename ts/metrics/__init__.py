"""Metrics that handlers emit: each is one line on stdout, which the frontend collects."""
