"""`make bench`: all measurements, one after the other."""

from tests.bench import full_size, landing_to_raw, memory

landing_to_raw.main(1.0)
full_size.main(1.0)
memory.main()
