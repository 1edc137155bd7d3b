"""The prompts, as data: one text a version. A changed prompt is a new file, so that a measurement names what it measured."""
