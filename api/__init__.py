"""The doors: command line and HTTP. The only room that reads settings and wires the parts together."""
