"""Draws what the work costs against how much is kept: both axes in powers of ten, a line for each kind of work."""

import math
from collections.abc import Iterator, Mapping

Growth = Mapping[int, Mapping[str, float]]

WIDTH, HEIGHT = 760, 400
LEFT, RIGHT, TOP, BOTTOM = 64, 210, 20, 44
LABEL_HEIGHT = 15
COLOURS = ("#0b6e4f", "#1d4e89", "#b5473c", "#7a4b94", "#8a6d00", "#2f7f8f", "#555555")


def svg(growth: Growth) -> str:
    """Return the plot of µs by kind of work, for each size."""
    sizes = sorted(growth)
    every = [value for row in growth.values() for value in row.values()]
    low, high = math.floor(math.log10(min(every))), math.ceil(math.log10(max(every)))

    def x(size: float) -> float:
        return _between(LEFT, WIDTH - RIGHT, math.log10(size), math.log10(sizes[0]), math.log10(sizes[-1]))

    def y(value: float) -> float:
        return _between(HEIGHT - BOTTOM, TOP, math.log10(value), low, high)

    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" '
        'font-family="sans-serif" font-size="13">',
        "<title>What the work takes in microseconds, by the number of comments kept</title>",
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>',
    ]
    for power in range(low, high + 1):
        at = y(10**power)
        parts.append(f'<path d="M{LEFT} {at:.1f}H{WIDTH - RIGHT}" stroke="#ddd"/>')
        parts.append(f'<text x="{LEFT - 8}" y="{at + 4:.1f}" text-anchor="end" fill="#444">{10**power:,} µs</text>')
    parts += [
        f'<text x="{x(size):.1f}" y="{HEIGHT - 18}" text-anchor="middle" fill="#444">{size:,}</text>' for size in sizes
    ]
    names = sorted(growth[sizes[0]], key=lambda name: growth[sizes[-1]][name])
    for colour, name, place in zip(
        COLOURS, names, _apart([y(growth[sizes[-1]][name]) for name in names]), strict=False
    ):
        points = [(x(size), y(growth[size][name])) for size in sizes]
        line = " ".join(f"{across:.1f},{down:.1f}" for across, down in points)
        parts.append(f'<polyline points="{line}" fill="none" stroke="{colour}" stroke-width="2"/>')
        parts += [f'<circle cx="{across:.1f}" cy="{down:.1f}" r="3" fill="{colour}"/>' for across, down in points]
        parts.append(f'<text x="{WIDTH - RIGHT + 12}" y="{place + 4:.1f}" fill="{colour}">{name}</text>')
    return "\n".join([*parts, "</svg>"]) + "\n"


def _between(start: float, end: float, value: float, low: float, high: float) -> float:
    return start + (end - start) * ((value - low) / (high - low) if high > low else 0.5)


def _apart(places: list[float]) -> Iterator[float]:
    """Yield where labels stand, from the lowest on, so that none covers another."""
    last = math.inf
    for place in places:
        last = min(place, last - LABEL_HEIGHT)
        yield last
