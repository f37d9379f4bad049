"""The same faults on Mariner and on released peers, played as clients would, and the table of outcomes."""
