"""Scripts that found what the package keeps as data; run them from a checkout, `python -m examples.<name>`."""
