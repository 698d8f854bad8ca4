"""What a request costs: `python -m benchmarks` (`make bench`). README.md tells how to read the answer."""
