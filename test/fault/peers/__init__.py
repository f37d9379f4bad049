"""The same faults on Mariner and on released peers, played as a client would, and the table of what it saw."""
