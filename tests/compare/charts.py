"""The two charts of a comparison, as SVG: horizontal bars, by system."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from tests.compare.results import LATENCIES, Results

WIDTH, NAMES, VALUES = 760, 200, 120
BAR, GAP, GROUP_GAP, HEAD = 16, 4, 14, 64

#: The charts are shown on light and on dark pages. The text and the background have a colour for
#: each, so that they match even on a page of the other kind.
COLOURS = ("#2f81f7", "#d97706", "#8b5cf6", "#0f9d76", "#db4c77", "#8a8f98")

_STYLE = """\
text { font: 13px system-ui, sans-serif; fill: #1f2328; }
.title { font-size: 15px; font-weight: 600; }
.value { font-size: 12px; }
line { stroke: #8a8f98; }
.page { fill: #ffffff; }
@media (prefers-color-scheme: dark) { text { fill: #e6edf3; } .page { fill: #0d1117; } }"""


@dataclass(frozen=True)
class Bar:
    """One bar of a chart: consecutive pieces, and a label behind them."""

    pieces: Sequence[tuple[float, str]]  #: length in the chart's unit, colour
    label: str

    @property
    def length(self) -> float:
        """The length of all pieces."""
        return sum(length for length, _ in self.pieces)


@dataclass(frozen=True)
class Chart:
    """Named groups of bars, and a legend of the colours."""

    title: str
    legend: Sequence[tuple[str, str]]
    groups: Sequence[tuple[str, Sequence[Bar]]]

    def render(self) -> str:
        """Return the SVG."""
        bars = sum(len(group) for _, group in self.groups)
        height = HEAD + bars * (BAR + GAP) + len(self.groups) * GROUP_GAP
        longest = max((bar.length for _, group in self.groups for bar in group), default=1.0)
        lines = [
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}">',
            f"<title>{escape(self.title)}</title>",
            f"<style>{_STYLE}</style>",
            f'<rect class="page" x="0" y="0" width="{WIDTH}" height="{height}" rx="6"/>',
            f'<text class="title" x="8" y="20">{escape(self.title)}</text>',
            *self._legend(),
            *self._bars((WIDTH - NAMES - VALUES) / (longest or 1.0)),
            f'<line x1="{NAMES}" y1="{HEAD - 8}" x2="{NAMES}" y2="{height - 8}"/>',
            "</svg>",
        ]
        return "\n".join(lines) + "\n"

    def _legend(self) -> list[str]:
        lines, x = [], 8
        for name, colour in self.legend:
            lines.append(f'<rect x="{x}" y="34" width="12" height="12" rx="2" fill="{colour}"/>')
            lines.append(f'<text class="value" x="{x + 17}" y="44">{escape(name)}</text>')
            x += 34 + 7 * len(name)
        return lines

    def _bars(self, scale: float) -> list[str]:
        lines, y = [], HEAD
        for name, group in self.groups:
            middle = y + len(group) * (BAR + GAP) / 2 + 2
            lines.append(
                f'<text x="{NAMES - 8}" y="{middle:.0f}" text-anchor="end">{escape(name)}</text>'
            )
            for bar in group:
                x = float(NAMES)
                for length, colour in bar.pieces:
                    width = length * scale
                    lines.append(
                        f'<rect x="{x:.1f}" y="{y}" width="{width:.1f}" height="{BAR}"'
                        f' fill="{colour}"/>'
                    )
                    x += width
                label = escape(bar.label)
                lines.append(f'<text class="value" x="{x + 5:.1f}" y="{y + 12}">{label}</text>')
                y += BAR + GAP
            y += GROUP_GAP
        return lines


def rates(results: Results) -> str:
    """Draw the e-mails per second of each system, with a bar for each latency."""
    colours = dict(zip(LATENCIES, COLOURS, strict=False))
    groups = []
    for system in results.systems:
        rates = [results.rate(system, ms) for ms in LATENCIES]
        groups.append(
            (
                system,
                [
                    Bar(
                        [(rate.per_second, colours[rate.latency_ms])],
                        f"{rate.per_second:.{0 if rate.per_second >= 10 else 1}f}",
                    )
                    for rate in rates
                    if rate is not None
                ],
            )
        )
    legend = [(f"mail server answers after {ms} ms", colours[ms]) for ms in LATENCIES]
    return Chart("E-mails a second, created and sent", legend, groups).render()


def cpu(results: Results) -> str:
    """Draw the CPU time of one e-mail at 0 ms: own code, then infrastructure."""
    own, infrastructure = COLOURS[0], COLOURS[-1]
    groups = []
    for rate in results.rates:
        if rate.latency_ms == 0:
            ours, theirs = sum(rate.own_ms.values()), sum(rate.infrastructure_ms.values())
            bar = Bar([(ours, own), (theirs, infrastructure)], f"{ours:.1f} + {theirs:.1f} ms")
            groups.append((rate.system, [bar]))
    legend = [("own code", own), ("infrastructure, mail server included", infrastructure)]
    return Chart("CPU time of one e-mail at 0 ms latency", legend, groups).render()
