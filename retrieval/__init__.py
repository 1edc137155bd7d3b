"""The index and the way of a question: understand, retrieve, expand, answer, verify."""
