"""The stages of the flow as Dagster assets: one module a stage, each calling plain functions of that stage.

Belongs here: names, dependencies, partitions, checks and metadata. Does not belong here: anything that works without
Dagster. `plan` is the exception: what a run will do is decided before Dagster is imported.
"""
