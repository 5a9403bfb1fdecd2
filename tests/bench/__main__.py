"""`make bench`: all measurements, one after the other."""

from tests.bench import full_size, memory

full_size.main(1.0)
memory.main()
