"""The Python client of a phapquy server: see `phapquy.client`."""
