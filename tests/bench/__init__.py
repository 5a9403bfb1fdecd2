"""Heavy measurements, outside `make test`: what the programme costs at full size, beside named alternatives in one run."""
