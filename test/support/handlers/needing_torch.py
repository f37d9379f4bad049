"""Needs torch at once."""

import torch


def handle(data, context):
    if data is None:
        return None
    return [str(torch.ones(1).item())] * len(data)
