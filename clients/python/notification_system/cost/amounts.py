"""Amounts as the tables and `notify cost` print them."""


def usd(value: float) -> str:
    """Format a sum of money."""
    return f"${value:,.2f}"


def quantity(value: float) -> str:
    """Format a quantity to about three significant digits."""
    for size, unit in ((1e6, " M"), (1e3, " k")):
        if value >= size:
            return f"{value / size:,.4g}{unit}"
    return f"{value:,.3g}"
