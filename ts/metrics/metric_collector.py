"""Prints the metrics of the host, then the memory of the processes that a line of stdin names: what the
server runs for `system_metrics_cmd=ts/metrics/metric_collector.py`."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

if __name__ == "__main__":
    # Run as a file, Python would look for modules in this folder; the packages are two above.
    sys.path[0] = str(Path(__file__).resolve().parents[2])
    from ts.metrics import system_metrics
    from ts.metrics.process_memory_metric import check_process_mem_usage

    parser = argparse.ArgumentParser(description="Prints the metrics of the host.")
    parser.add_argument("--gpu", help="number of GPUs; the server measures them itself")
    system_metrics.collect_all(parser.parse_args().gpu)
    print(flush=True)
    check_process_mem_usage()
