"""`make bench`: all measurements, one after the other."""

from tests.bench import documents, full_size

full_size.main(1.0)
documents.main(None)
