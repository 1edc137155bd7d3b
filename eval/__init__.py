"""Measurements of what the doors give: retrieval, answers, speed; and their reports."""
