"""A small chart for Dagster's asset page: what became of the programme's themes in the latest pair of mappings."""

import base64
import io
from collections import Counter
from pathlib import Path

import duckdb

from pipelines.programme import Programme


def overview_chart(programme: Programme, marts: Path) -> str:
    """A bar per status, as Markdown with the picture in it."""
    import matplotlib as mpl
    from matplotlib.figure import Figure

    latest = programme.mapping_keys[-1]
    with duckdb.connect() as con:
        rows = con.execute(
            "select status from read_parquet(?) where level = 'programme' and breakdown = 'all' and mapping_to = ?",
            [str(marts / "progression.parquet"), latest],
        ).fetchall()
    counts = Counter(status for (status,) in rows)
    names = sorted(counts, key=lambda name: counts[name])
    with mpl.rc_context({"svg.hashsalt": "kortlaegning", "svg.fonttype": "none"}):
        figure = Figure(figsize=(5, 0.4 * max(len(names), 1) + 0.6), layout="constrained")
        axes = figure.subplots()
        bars = axes.barh(names, [counts[name] for name in names], color="#44546a")
        axes.bar_label(bars)
        axes.set_title(f"Changes to {latest}, programme level", fontsize=10)
        axes.spines[["top", "right"]].set_visible(False)
        buffer = io.BytesIO()
        figure.savefig(buffer, format="svg", metadata={"Date": None})
    picture = base64.b64encode(buffer.getvalue()).decode()
    return f"![{', '.join(f'{name}: {counts[name]}' for name in names)}](data:image/svg+xml;base64,{picture})"
