"""How fast Partita is, beside Polars and DuckDB. `python -m benches --help` says how to run them."""
